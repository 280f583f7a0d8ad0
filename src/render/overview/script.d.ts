/** Only its text is of use outside of a page. */
export declare function enhance(): void
