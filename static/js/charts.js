// Draws each chart of the page from the Vega-Lite spec in it, where room was kept for it.
// Vega compiles expressions to functions, which the page's policy refuses: they are interpreted.
import { expressionInterpreter } from "../vendor/vega-interpreter-2.3.2.js";

const { vega, vegaLite } = globalThis;

for (const chart of document.querySelectorAll(".chart")) draw(chart);

async function draw(chart) {
  const spec = JSON.parse(chart.querySelector("script").textContent);
  const compiled = vegaLite.compile(spec).spec;
  const view = new vega.View(vega.parse(compiled, null, { ast: true }), {
    expr: expressionInterpreter,
    renderer: "svg",
  });
  const picture = document.createElement("div");
  picture.className = "picture";
  // The chart has one name as a whole; its figures are read in the table.
  picture.ariaHidden = "true";
  chart.querySelector("svg").replaceWith(picture);
  await view.initialize(picture).runAsync();
  chart.dataset.drawn = "";
}
