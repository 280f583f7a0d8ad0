declare function stringWidth(text: string): number
export = stringWidth
