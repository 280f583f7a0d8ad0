/** Of the overview page alone: one long table that stays readable, and the colours of what is ill. */
export const overviewStyle = `
.page{max-width:1440px}
.top{padding:24px 0 6px}
.top h1{margin:2px 0 16px;font-size:clamp(24px,2.8vw,34px)}
.top .tile{padding-top:10px;padding-bottom:10px}
.top .figure{font-size:clamp(26px,2.6vw,34px)}
.page>nav{display:none;border-top:0}
.loud{margin:0 0 18px;max-width:70em}
.loud li{padding:7px 12px;border-left:4px solid var(--warning);background:var(--raised);overflow-wrap:anywhere}
.loud li+li{margin-top:6px}
.loud .gone{border-color:var(--critical)}
.loud b{font-weight:650}.loud .gone b{color:var(--critical)}.loud .blind b,.loud .late b{color:var(--warning)}
.figure small{font-size:.5em;font-weight:500;letter-spacing:0}
.tile.ill .figure{color:var(--critical)}.tile.warn .figure{color:var(--warning)}
main section{padding:18px 0 8px}h2{margin-bottom:8px}details{margin:2px 0 6px}
.half .scroll table{width:100%}
.moves{font-size:14px;line-height:1.4;margin-bottom:4px}
.moves li{display:grid;grid-template-columns:1.4em minmax(0,1fr);padding:4px 0;border-top:1px solid var(--faint);overflow-wrap:anywhere}
.moves li:first-child{border-top:0}
.moves a{color:var(--ink);font-weight:550;text-decoration-color:var(--rule)}
.moves a:hover{text-decoration-color:currentColor}
.moves span span{color:var(--quiet)}
.worse>b,.t.worse{color:var(--critical)}.better>b,.t.better{color:var(--ok)}.unclear>b,.t.unclear{color:var(--unknown)}.new>b,.t.new{color:var(--accent)}
.filter{display:flex;flex-wrap:wrap;gap:8px 16px;align-items:end;margin:0 0 12px;font-size:14px}
.filter[hidden]{display:none}
.filter label{color:var(--quiet);font-size:13px}
.filter .field{display:grid;gap:2px}
.filter .check{display:flex;gap:6px;align-items:center;color:var(--ink);font-size:14px;height:34px}
.filter input:not([type=checkbox]),.filter select,.filter button{font:inherit;color:var(--ink);background:var(--paper);border:1px solid var(--quiet);border-radius:4px;padding:0 9px;min-width:0;height:34px}
.filter input[type=search]{width:min(24em,82vw)}
.filter input[type=checkbox]{width:17px;height:17px;margin:0;accent-color:var(--accent)}
.filter button{cursor:pointer;background:var(--raised)}
.shown{margin:0 0 2px;font-size:14px;font-weight:600}.shown:empty{display:none}
.fleet,.fleet caption,.fleet thead,.fleet tbody{display:block;width:100%}
.fleet{font-size:14px;line-height:1.35}
.fleet caption{white-space:normal;padding-bottom:4px}
.fleet tr{display:flex;scroll-margin-top:3em}
.fleet tr[hidden]{display:none}
.fleet tbody tr{content-visibility:auto;contain-intrinsic-size:auto 31px}
.fleet tr>*{flex:0 1 5.2em;min-width:0;padding:6px 12px 6px 0;overflow:hidden;text-overflow:ellipsis}
.fleet tr>:nth-child(1){flex:none;width:7.6em}
.fleet tr>:nth-child(2){flex:1 0 13em}
.fleet tr>:nth-child(n+3):nth-child(-n+5){flex-basis:5.6em;text-align:right}
.fleet tr>:nth-child(6){flex:none;width:9.8em;padding-left:8px}
.fleet tr>:nth-last-child(2){flex-basis:5.4em;text-align:right}
.fleet tr>:nth-last-child(1){flex:none;width:5.6em}
.fleet thead{position:sticky;top:0;background:var(--paper);z-index:2;box-shadow:inset 0 -1px var(--rule)}
.fleet thead th{padding-top:0;padding-bottom:0;border:0;line-height:34px;font-size:inherit}
.fleet thead span{font-size:.93em}
.fleet thead button{all:unset;cursor:pointer;box-sizing:border-box;max-width:100%;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;vertical-align:top}
.fleet thead button:hover,.fleet [aria-sort] button{color:var(--ink)}
.fleet thead button:hover{text-decoration:underline;text-underline-offset:.2em}
.fleet thead button:focus-visible{outline:3px solid var(--accent);outline-offset:-2px;border-radius:3px}
.fleet thead [aria-sort] button::after{content:" ↑";content:" ↑"/""}.fleet thead [aria-sort=descending] button::after{content:" ↓";content:" ↓"/""}
.fleet tbody th{white-space:normal;overflow-wrap:anywhere}
.fleet tbody th i{display:block;font-style:normal;font-weight:400;font-size:.93em;color:var(--quiet);overflow-wrap:anywhere}
.fleet tr:target{background:var(--raised)}
.s{font-weight:600}
.critical .s,.failed .s,.c,.f{color:var(--critical)}.warning .s,.w{color:var(--warning)}.unknown .s,.u{color:var(--unknown)}.awaited .s{color:var(--quiet);font-weight:400}.ok .s{color:var(--ok);font-weight:400}
.o,.a{color:var(--quiet)}
.k{display:inline-block;vertical-align:top;width:84px;height:20px;overflow:visible;margin-right:6px}
.k path{fill:none;stroke:var(--accent);stroke-width:1.7;stroke-linejoin:round;stroke-linecap:round}
.k .z{stroke:var(--rule);stroke-width:1}
.t{font-size:.86em;font-weight:600;margin-left:.5em;white-space:nowrap}
.fleet code{font-size:.86em;color:var(--quiet)}
.none{padding:18px 0;color:var(--quiet)}
.none[hidden]{display:none}
@media (min-width:1000px){main{grid-template-columns:minmax(0,5fr) minmax(0,4fr)}}
@media (max-width:1360px){.many tr>:nth-child(3),.many tr>:nth-child(5),.many tr>:nth-last-child(2){display:none}}
@media (max-width:1150px){.fleet tr>:nth-child(3),.fleet tr>:nth-child(5),.many tr>:nth-last-child(1){display:none}}
@media (max-width:1000px){
.page>nav{display:block}
.fleet{font-size:13.5px}.fleet tr>*{padding-right:9px}
.fleet tr>:nth-last-child(-n+2){display:none}}
@media (max-width:640px){
.fleet tr>:nth-child(2){flex:1 1 0}
.fleet tr>:nth-child(n+7){display:none}
.fleet tr>:nth-child(1){width:1.9em}.fleet tr>:nth-child(4){flex-basis:4.9em}.fleet tr>:nth-child(6){width:7.4em}
.k{width:64px}
.s span,.fleet thead th:first-child span{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.filter{gap:6px 14px}.filter .field{flex:1 1 40%}.filter .field:first-child{flex-basis:100%}.filter input[type=search],.filter select{width:100%}}
@media print{
.page{max-width:none}.page>nav,.filter,.shown,.none{display:none}main{display:block}.loud li{background:none}
.fleet{display:table;font-size:8pt}.fleet caption{display:table-caption}.fleet thead{display:table-header-group;position:static}.fleet tbody{display:table-row-group}
.fleet tr:not([hidden]){display:table-row;content-visibility:visible}.fleet thead th{line-height:1.4}
.k{width:60px}}`
