/** The style sheets. No foreign font, no picture, no `style` attribute: its hash is all that a page's policy allows. */
import { chartStyle } from "./style-charts.ts"

const colours = `
:root{color-scheme:light dark;
--paper:#fdfcf9;--raised:#f5f3ed;--ink:#1b1e22;--quiet:#5a5f66;--rule:#dfdbd1;--faint:#ebe8e0;
--accent:#1d5c8a;--ok:#1a6b41;--warning:#885200;--critical:#ae2219;--unknown:#55528c;
--c1:#dbe8f1;--c2:#b5d0e3;--c3:#7fabc9;--c4:#3f7eab;--c5:#1a5480;--ring-on:#fff;--claim:#a4441a}
@media (prefers-color-scheme:dark){:root{
--paper:#14171a;--raised:#1c2024;--ink:#e9e6df;--quiet:#a4a8ad;--rule:#343a40;--faint:#262b30;
--accent:#7cbde8;--ok:#6fce95;--warning:#e8b54a;--critical:#ff8f84;--unknown:#b4b1ec;
--c1:#21333f;--c2:#2a4c63;--c3:#387096;--c4:#5a9fce;--c5:#a3d3f3;--ring-on:#0e1114;--claim:#f3a077}}`

const text = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%;scroll-behavior:auto}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans",Arial,sans-serif;font-variant-numeric:tabular-nums}
.page{max-width:1240px;margin:0 auto;padding:0 clamp(16px,3.2vw,40px) 48px}
code{font:.86em/1.4 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
a{color:var(--accent);text-underline-offset:.18em}
p,ul,dl,figure,h1,h2,h3{margin:0;padding:0}
ul{list-style:none}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:3px}
.skip{position:absolute;left:8px;top:-60px;background:var(--ink);color:var(--paper);padding:8px 14px;z-index:9}
.skip:focus{top:8px}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.top{padding:40px 0 22px}
.what{display:flex;flex-wrap:wrap;gap:2px 14px;align-items:baseline;color:var(--quiet);font-size:15px;overflow-wrap:anywhere}
.what strong{color:var(--ink);font-weight:600;font-size:17px;min-width:0}
h1{font-size:clamp(24px,3.3vw,38px);line-height:1.2;font-weight:600;letter-spacing:-.018em;margin:8px 0 6px;text-wrap:balance;overflow-wrap:anywhere}
.reason{font-size:clamp(16px,1.6vw,19px);line-height:1.45;max-width:54em;margin-bottom:26px;text-wrap:pretty;overflow-wrap:anywhere}
.status{display:inline-block;white-space:nowrap;margin-right:.35em;font-weight:700;letter-spacing:.01em}
.ok .status{color:var(--ok)}.warning .status{color:var(--warning)}.critical .status{color:var(--critical)}.unknown .status{color:var(--unknown)}
.tiles{display:grid;grid-template-columns:repeat(4,minmax(0,1fr));border-top:2px solid var(--ink);border-bottom:1px solid var(--rule)}
.tile{padding:14px 18px 14px 0;min-width:0}
.tile+.tile{padding-left:18px;border-left:1px solid var(--rule)}
.tile dt{font-size:13px;color:var(--quiet)}
.tile dd{margin:0}
.figure{font-size:clamp(28px,3.4vw,40px);line-height:1.15;font-weight:600;letter-spacing:-.02em}
.of{color:var(--quiet);font-size:15px}
.tile .note{display:block;font-size:13.5px;color:var(--quiet);line-height:1.4}
.lead{margin-top:18px;max-width:52em}
.stamp{display:flex;flex-wrap:wrap;gap:2px 16px;margin-top:14px;font-size:13.5px;color:var(--quiet);overflow-wrap:anywhere}
nav{border-block:1px solid var(--rule);font-size:13.5px}
nav ul{display:flex;flex-wrap:wrap;gap:0 4px;margin:0 -8px}
nav a{display:block;padding:8px 7px;color:var(--quiet);text-decoration:none}
nav a:hover{color:var(--ink);text-decoration:underline}
main{display:grid;grid-template-columns:minmax(0,1fr);column-gap:56px}
section{min-width:0;padding:30px 0 10px;border-bottom:1px solid var(--rule)}
section:last-child{border-bottom:0}
h2{font-size:21px;line-height:1.3;font-weight:600;letter-spacing:-.008em;margin-bottom:14px}
h3{font-size:15px;font-weight:600;margin:22px 0 8px}
.empty,.clear{color:var(--quiet);max-width:46em;padding-bottom:16px}
.clear{color:var(--ink)}
.fact{font-size:14px;color:var(--quiet);margin:6px 0;max-width:70em;overflow-wrap:anywhere}
.fact.strong{color:var(--ink)}
.told{max-width:54em;padding-bottom:12px}
.told li{padding:3px 0 3px 18px;text-indent:-18px;overflow-wrap:anywhere}
.told li::before{content:"";display:inline-block;width:8px;height:1px;background:var(--quiet);vertical-align:.3em;margin-right:10px}
footer{padding-top:18px;font-size:13.5px;color:var(--quiet);border-top:1px solid var(--rule)}
@media (min-width:1000px){main{grid-template-columns:repeat(2,minmax(0,1fr))}.wide{grid-column:1/-1}}
@media (max-width:760px){.top{padding-top:24px}.tiles{grid-template-columns:repeat(2,minmax(0,1fr))}.tile{padding:12px 12px 12px 0}.tile+.tile{padding-left:12px}.tile:nth-child(3){border-left:0;padding-left:0}.tile:nth-child(n+3){border-top:1px solid var(--rule)}}`

const findings = `
.finding{padding:14px 0 12px 34px;border-top:1px solid var(--faint);position:relative;max-width:76em}
.problems .finding:first-child{border-top:0;padding-top:2px}
.problems .finding:first-child .mark{top:2px}
.finding h3{display:flex;flex-wrap:wrap;gap:0 12px;align-items:baseline;margin:0;font-size:15px}
.mark{position:absolute;left:4px;top:14px;font-size:17px;line-height:1.4}
.id{font-weight:650}
.finding .word{font-weight:400;font-size:13.5px;color:var(--quiet)}
.warn .mark,.warn h3 .word{color:var(--warning)}.fail .mark,.fail h3 .word{color:var(--critical)}.pass .mark{color:var(--ok)}.inconclusive .mark,.error .mark{color:var(--unknown)}.skipped .mark{color:var(--quiet)}
.subject{font:400 13px/1.5 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;color:var(--quiet);overflow-wrap:anywhere;min-width:0}
.because{max-width:50em;overflow-wrap:anywhere}
.against{display:flex;flex-wrap:wrap;gap:0 22px;font-size:14px;color:var(--quiet);overflow-wrap:anywhere;margin-top:3px}
.against b{font-weight:400;font-size:13px;margin-right:4px}
.against span{color:var(--ink)}.against b{color:var(--quiet)}
.advice{display:grid;grid-template-columns:1.5em minmax(0,1fr);max-width:51.5em;margin-top:3px;color:var(--quiet);overflow-wrap:anywhere}
.finding details{margin:4px 0 0}`

const folds = `
details{margin:10px 0}
summary{cursor:pointer;width:fit-content;max-width:100%;padding:3px 8px 3px 0;font-size:14px;color:var(--accent);border-radius:3px}
summary:hover{text-decoration:underline;text-underline-offset:.18em}
.inside{padding:4px 0 10px}`

const tables = `
.scroll{overflow-x:auto;max-width:100%;margin:8px 0 14px;position:relative}
table{border-collapse:collapse;font-size:14px;line-height:1.45;min-width:min(100%,420px)}
figure>.scroll table,.tall table,section>.scroll table{width:100%}
caption{text-align:left;font-size:13px;color:var(--quiet);padding-bottom:4px;white-space:nowrap}
thead th{font-weight:500;font-size:13px;color:var(--quiet);border-bottom:1px solid var(--rule);vertical-align:bottom}
th,td{padding:5px 14px 5px 0;text-align:left;font-weight:400;vertical-align:top;white-space:nowrap}
tbody tr+tr>*{border-top:1px solid var(--faint)}
tbody th{font-weight:500}
.num{text-align:right}
.long{white-space:normal;overflow-wrap:anywhere;min-width:11em;max-width:44em}
.marked{display:grid;grid-template-columns:1.3em minmax(0,1fr)}
.cmd{grid-column:1/-1}
th:last-child,td:last-child{padding-right:2px}
.tall .scroll{max-height:640px;overflow:auto}
.tall table{font-size:13px}.tall th,.tall td{padding-right:11px}.tall caption{padding-bottom:2px}
.tall thead th{position:sticky;top:0;background:var(--paper)}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,340px),1fr));gap:0 40px;font-size:14px;padding-bottom:8px}
.facts div{display:grid;grid-template-columns:8.5em minmax(0,1fr);gap:0 12px;padding:5px 0;border-top:1px solid var(--faint)}
.facts dt{color:var(--quiet)}
.facts dd{margin:0;overflow-wrap:anywhere}`

const print = `
@page{margin:14mm 12mm}
@media print{
:root{color-scheme:light;--paper:#fff;--raised:#fff;--ink:#000;--quiet:#444;--rule:#bbb;--faint:#ddd;--accent:#1d5c8a;--ok:#1a6b41;--warning:#7a4a00;--critical:#a01c14;--unknown:#4a478a;--c1:#dbe8f1;--c2:#b5d0e3;--c3:#7fabc9;--c4:#3f7eab;--c5:#1a5480;--ring-on:#fff;--claim:#a4441a}
body{font-size:10.5pt;-webkit-print-color-adjust:exact;print-color-adjust:exact}
.page{max-width:none;padding:0}.top{padding-top:0}nav,.skip{display:none}
main{display:block}
details::details-content{content-visibility:visible!important;display:block!important;height:auto!important}
summary{color:var(--quiet)}
.scroll,.tall .scroll{overflow:visible;max-height:none}
.tall thead th{position:static}
table{font-size:8pt}th,td{white-space:normal;overflow-wrap:anywhere;padding-right:8px}
figure,.finding,.tiles,tr{break-inside:avoid}h2,h3,caption{break-after:avoid}
}`

/** Of the report. */
export const style = [colours, text, findings, folds, tables, chartStyle, print].join("\n").trim()

/** What every page has, and what is its own. */
export const styleWith = (own: string): string => [colours, text, folds, tables, print, own].join("\n").trim()
