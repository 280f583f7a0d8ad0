/** Of the charts: every mark differs in shape or pattern too, never in colour alone. */
export const chartStyle = `
figure{padding-bottom:14px}
figcaption{font-size:14px;color:var(--quiet);margin-bottom:12px;max-width:62em;text-wrap:pretty}
figcaption strong{display:block;color:var(--ink);font-weight:600;font-size:15px}
.row{display:grid;grid-template-columns:minmax(0,30%) minmax(0,1fr) 9.5em;gap:0 14px;align-items:center}
.label{min-width:0;line-height:1.25;padding:3px 0}
.name{display:block;font-size:13.5px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.label .note{display:block;font-size:12.5px;color:var(--quiet);white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.value{font-size:13.5px;line-height:1.3;white-space:nowrap}
.value b{font-weight:600}.value .note{color:var(--quiet)}
.axis .value{color:var(--quiet);font-size:12.5px}
.row svg{display:block;overflow:visible}
.axis text,.strip text{font-size:12.5px;fill:var(--quiet)}
.claims .row{grid-template-columns:4.6em minmax(0,1fr) 8.6em}.claims .row:not(.axis){padding:7px 0}
.claims .value .note,.claims .value .word{display:block}
.claims .word{color:var(--quiet)}.claims .word.contradicted{color:var(--critical);font-weight:600}.claims .word.supported{color:var(--ok)}
.funnel .row{grid-template-columns:10.5em minmax(0,1fr) 5.6em}
.clients .row,.sources .row{grid-template-columns:minmax(0,34%) minmax(0,1fr) 8em}
.around{overflow:visible}
.grid{stroke:var(--faint);stroke-width:1}
.reached{fill:var(--c2)}.reached.strong{fill:var(--c3)}
.served{fill:var(--c4)}.clean{fill:var(--c5)}
.possible{stroke:var(--quiet);stroke-width:1.6;stroke-dasharray:4 4;fill:none}.possible.end{stroke-dasharray:none}
.whisker{stroke:var(--ink);stroke-width:1.5;fill:none}
.dot{fill:var(--accent);stroke:var(--paper);stroke-width:1}.dot.hollow{fill:var(--paper);stroke:var(--accent);stroke-width:2}
.open{fill:var(--ink)}
.median{stroke:var(--claim);stroke-width:1.4;stroke-dasharray:1 3;stroke-linecap:round}
.claim{fill:var(--claim);stroke:var(--paper);stroke-width:1.5}
.shared{fill:var(--c4)}.only{fill:var(--c1);stroke:var(--c4);stroke-width:1.4;stroke-dasharray:3 2}
.reachmark{stroke:var(--ink);stroke-width:2}
.step{stroke:none}.s1{fill:var(--c1);stroke:var(--c3);stroke-width:1}.s2{fill:var(--c2)}.s3{fill:var(--c5)}.s4{fill:var(--c3)}.s5{fill:var(--claim)}
.edge{stroke:var(--ink);stroke-width:1.2}
.map{display:block;overflow:visible;max-width:100%;height:auto}
.cell{fill:var(--c1)}.l1{fill:var(--c1)}.l2{fill:var(--c2)}.l3{fill:var(--c3)}.l4{fill:var(--c4)}.l5{fill:var(--c5)}
.cell.none{fill:url(#hatch) var(--paper);stroke:var(--critical);stroke-width:1}
.hatch{stroke:var(--critical);stroke-width:1.1}
.ring{fill:none;stroke:var(--ink);stroke-width:1.5}.ring.on{stroke:var(--ring-on)}
.cross{stroke:var(--critical);stroke-width:2;fill:none}.cross.on{stroke:var(--ring-on);stroke-width:2.4}
.start{stroke:var(--ink);stroke-width:2.4;fill:none}
.legend{display:flex;flex-wrap:wrap;gap:2px 18px;margin-top:10px;font-size:13px;color:var(--quiet)}
.legend li{display:flex;align-items:center;gap:7px}
.legend svg{flex:none}
.line{fill:none;stroke-width:1.8;vector-effect:non-scaling-stroke;stroke-linejoin:round}
.line.a{stroke:var(--accent)}.line.b{stroke:var(--claim);stroke-dasharray:5 3}
.point.a{fill:var(--accent)}.point.b{fill:var(--claim)}
.panels{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,260px),1fr));gap:18px 40px}
.range{display:flex;justify-content:space-between;font-size:14px;border-bottom:1px solid var(--rule);padding-bottom:3px;margin-bottom:8px}
.range span:first-child{font-weight:600}.range span:last-child{color:var(--quiet)}
.strip{margin-bottom:10px}.strip p{display:flex;justify-content:space-between;font-size:13.5px;margin-bottom:8px;color:var(--quiet)}
.strip small{font-size:12.5px;margin-left:6px}.strip b{color:var(--ink);font-weight:600}
.strip svg{display:block;overflow:visible}
@media (max-width:620px){
.rates .row,.times .row,.clients .row,.sources .row{grid-template-columns:minmax(0,1fr) auto;row-gap:0;padding-bottom:6px}
.rates svg,.times svg,.clients svg,.sources svg{grid-row:2;grid-column:1/-1}
.rates .axis .label,.times .axis .label,.sources .axis .label{display:none}
.rates .axis .value,.times .axis .value,.sources .axis .value{grid-row:3;grid-column:1/-1;text-align:right}
.funnel .row{grid-template-columns:6.6em minmax(0,1fr) 4.8em}.funnel .label .note{display:none}
.claims .row{grid-template-columns:4.4em minmax(0,1fr) 6.6em}
}
@media print{.panels{display:flex}.panel{flex:1}}`
