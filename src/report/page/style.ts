// How the page looks: on a screen in both colour schemes, on a phone, on paper. Text has at least the contrast of
// WCAG AA in both schemes (tested in a browser). Fonts are those of the reader's system: nothing is loaded.

import { DEEPEST } from "./pathTree.ts";

const depths = Array.from({ length: DEEPEST }, (_, i) => `.d${i + 1}{--d:${i + 1}}`).join("");

export const STYLE: string = `
:root{color-scheme:light dark;--page:#f5f6f8;--card:#fff;--ink:#1f2933;--soft:#55606b;--line:#d8dde2;--link:#1557c0;--bad:#b3261e;--good:#17693a;--open:#855200;--tint:#eef3fb;--type:#7a3596;--mark:#8a949e}
@media (prefers-color-scheme:dark){:root{--page:#14171b;--card:#1c2025;--ink:#e4e8ec;--soft:#a4aeb8;--line:#343b43;--link:#8ab4f8;--bad:#ff8f85;--good:#7ed6a0;--open:#f0b860;--tint:#202b3a;--type:#cfaaf2;--mark:#6d7884}}
*{box-sizing:border-box}
html{font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;background:var(--page);color:var(--ink);-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:70rem;padding:1.5rem 1.25rem 3rem;overflow-wrap:anywhere}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono","DejaVu Sans Mono",monospace;font-size:.9em}
bdi{white-space:pre-wrap}
h1{font-size:1.6rem;line-height:1.3;margin:.4rem 0 1rem;text-wrap:balance}
h2{font-size:1.2rem;line-height:1.3;margin:2.25rem 0 .75rem}
h3{font-size:1.2rem;line-height:1.35;margin:0;font-weight:600}
h4,caption,summary{font-size:.9rem;font-weight:600}
h4{margin:1rem 0 .35rem}
p{margin:.5rem 0}
a{color:var(--link)}
a:focus-visible,summary:focus-visible,button:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.soft,.id{color:var(--soft)}
.soft{font-size:.9em}
.soft .soft,.panel .soft{font-size:inherit}
.path .soft,.path .id{font-size:.88em}
.path .soft code{font-size:inherit}
.brand{color:var(--soft);font-size:.85rem;margin:0 0 .75rem}
.card,.verdict{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:1.1rem 1.25rem;margin:0 0 1.25rem}
.verdict{border-top:4px solid var(--look)}
.card>h2{margin-top:0}
.bad{--look:var(--bad)}.good{--look:var(--good)}.open{--look:var(--open)}
.pill{margin:0;color:var(--look);font-weight:700;font-size:.85rem;text-transform:uppercase;letter-spacing:.05em}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(13rem,1fr));gap:.6rem 1.5rem;margin:0}
dt{color:var(--soft);font-size:.8rem}
dd{margin:0}
dl .wide{grid-column:1/-1}
.panels{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,15.5rem),1fr));gap:1rem}
.panel{margin:0;min-width:0;max-width:34rem;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.75rem .9rem .4rem;font-size:.9rem}
svg{overflow:visible;display:block}
svg text{font:11px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;fill:var(--soft)}
polyline{fill:none;stroke:var(--link);stroke-width:1.75;vector-effect:non-scaling-stroke;stroke-linejoin:round;stroke-linecap:round}
circle{fill:var(--link)}
.hit{fill:transparent;stroke:none}
.grid{stroke:var(--line)}
.mark{stroke:var(--mark);stroke-dasharray:2 3}
.dot{fill:var(--card);stroke:var(--link);stroke-width:1.75}
.end{text-anchor:end}.mid{text-anchor:middle}
.index{margin:0 0 1.25rem;padding-left:1.5rem}
.index li{margin:.25rem 0}
article>header{display:flex;justify-content:space-between;gap:.5rem 2rem;flex-wrap:wrap}
article>header>div{flex:1 1 20rem;min-width:0}
.no{display:inline-block;min-width:1.6em;padding:0 .4em;border-radius:1em;background:var(--ink);color:var(--card);font-size:.8em;text-align:center;line-height:1.6;vertical-align:.08em}
.rate{color:var(--bad);white-space:nowrap}
.facts{margin:.25rem 0 0;display:flex;flex-wrap:wrap;gap:0 1.1rem}
.series{margin:0;text-align:center}
.held{margin:.75rem 0}
.advice{background:var(--tint);border-left:4px solid var(--link);border-radius:0 4px 4px 0;padding:.6rem .9rem;margin:.75rem 0}
.advice b:first-child{margin-right:.35em}
.tag{display:inline-block;border:1px solid var(--line);border-radius:4px;padding:0 .4em;color:var(--soft);font-size:.8rem;white-space:normal}
.path{list-style:none;margin:.25rem 0 .75rem;padding:.6rem .8rem;border:1px solid var(--line);border-radius:6px;font-size:.95rem}
.path li{display:flex;padding-left:calc((var(--d,1) - 1)*1.15rem)}
.twig{flex:none;width:.6rem;height:.8em;margin:0 .4rem 0 .15rem;border:solid var(--mark);border-width:0 0 1px 1px}
.path .holder .how,.path .end .how{font-weight:700}
.path b{font-weight:400;color:var(--type)}
.path .how b{color:inherit}
${depths}
.scroll{overflow-x:auto;margin:.75rem 0}
table{border-collapse:collapse;font-size:.9rem;overflow-wrap:normal}
caption{text-align:left;padding:0 0 .3rem;white-space:nowrap}
th,td{text-align:left;vertical-align:top;padding:.3rem 2rem .3rem 0;border-top:1px solid var(--line);font-weight:400}
thead th{color:var(--soft);font-size:.8rem;border-top:0;white-space:nowrap;vertical-align:bottom}
th:last-child,td:last-child{padding-right:0}
td,th{min-width:3.5rem}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td code,th code{overflow-wrap:anywhere}
details{margin:.75rem 0}
summary{cursor:pointer;padding:.15rem 0}
.picture{margin:.5rem 0 0;overflow-x:auto;background:#fff;border:1px solid var(--line);border-radius:6px}
.picture img{display:block;max-width:100%;height:auto;margin:0 auto}
@media screen and (prefers-color-scheme:dark){.picture{background:#1a1a1a}.picture img{filter:invert(.9) hue-rotate(180deg)}}
.sites{padding-left:1.1rem;margin:.25rem 0}
.stack{list-style:none;padding:0;margin:0 0 .5rem}
.foot{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:center;gap:.5rem 1rem;margin-top:.9rem}
.foot .soft{margin-left:auto}
button{font:inherit;font-size:.85rem;color:var(--ink);background:var(--card);border:1px solid var(--mark);border-radius:5px;padding:.25rem .7rem;cursor:pointer}
button:hover{border-color:var(--link)}
.plain{flex-basis:100%;order:3;white-space:pre-wrap;border:1px solid var(--line);border-radius:6px;padding:.6rem;margin:0}
[hidden]{display:none!important}
footer{margin-top:2.5rem;border-top:1px solid var(--line);padding-top:.75rem;color:var(--soft);font-size:.85rem}
@media (max-width:40rem){
body{padding:1rem .75rem 2rem}
h1{font-size:1.3rem}
.card,.verdict{padding:.9rem}
.path{padding:.5rem .6rem;font-size:.85rem}
.path li{padding-left:calc((var(--d,1) - 1)*.55rem)}
.picture img{max-width:44rem}
caption{white-space:normal}
th,td{padding-right:1rem}
td code,th code{overflow-wrap:normal}
.twig{margin-right:.25rem}
}
@media print{
:root{color-scheme:light;--page:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;--link:#1557c0;--bad:#a01810;--good:#0e5a2f;--open:#704400;--tint:#f3f3f3;--type:#6a2a85;--mark:#777}
html{font-size:10.5pt}
body{max-width:none;padding:0}
.card,.verdict{border-color:#bbb;-webkit-box-decoration-break:clone;box-decoration-break:clone}
.verdict{border-top-color:var(--look)}
.no{background:none;color:#000;border:1px solid #000}
.panels{grid-template-columns:1fr 1fr}
.verdict,.panel,.advice,.path,.picture,.scroll,tr,.index{break-inside:avoid}
.foot{break-before:avoid}
h2,h3,h4,summary,caption,article>header{break-after:avoid}
.scroll,.picture{overflow:visible}
.picture img{max-width:100%;max-height:16cm;width:auto;min-width:0}
button,.plain{display:none!important}
details::details-content{content-visibility:visible;display:block}
summary{list-style:none}
}
`;
