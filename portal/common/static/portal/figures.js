// Draws the figures of a page in the colours of its stylesheet, again when those change.
"use strict";

const library = document.currentScript.dataset.plotly;
let loading = null;

// The library is large: it is fetched once there is a figure to draw, and not before.
function plotly() {
  loading ??= new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = library;
    script.onload = done;
    script.onerror = () => failed(new Error("The figures cannot be drawn: " + library));
    document.head.append(script);
  });
  return loading;
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function dressed(figure) {
  const ink = colour("--ink"), line = colour("--line");
  const axis = { gridcolor: line, zerolinecolor: line, linecolor: line, automargin: true, fixedrange: true };
  for (const trace of figure.data) {
    if (trace.type === "heatmap") {
      trace.colorscale = [[0, colour("--bad-soft")], [0.5, colour("--warn-soft")], [1, colour("--good")]];
    } else {
      const tone = colour(trace.meta);
      trace.marker = { ...trace.marker, color: tone };
      if (trace.type === "scatter") trace.line = { ...trace.line, color: tone };
    }
  }
  figure.layout = {
    ...figure.layout,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: ink, family: getComputedStyle(document.body).fontFamily },
    margin: { l: 10, r: 10, t: 10, b: 10 },
    legend: { orientation: "h", y: -0.15, ...figure.layout.legend },
    xaxis: { ...axis, ...figure.layout.xaxis },
    yaxis: { ...axis, ...figure.layout.yaxis },
  };
  return figure;
}

async function draw(which) {
  const places = document.querySelectorAll(which);
  if (!places.length) return;
  await plotly();
  for (const place of places) {
    const figure = dressed(JSON.parse(document.getElementById(place.dataset.figure).textContent));
    Plotly.react(place, figure.data, figure.layout, { displayModeBar: false, responsive: true });
  }
}

const ALL = "[data-figure]", NEW = ALL + ":empty";
addEventListener("DOMContentLoaded", () => draw(ALL));
addEventListener("htmx:afterSettle", () => draw(NEW)); // an attempt that is watched may end with some
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw(ALL));
