// Checks the page that it is in, and adds what it has found to the outer page, as JSON.
"use strict";
const problems = [];
const say = (plot, text) => problems.push(`plot ${plot.getAttribute("aria-label")}: ${text}`);
const close = 0.5; // pixels of overlap that nobody sees
const plots = [...document.querySelectorAll("svg.plot")];
for (const plot of plots) {
  const frame = plot.getBoundingClientRect();
  const marks = plot.querySelectorAll(".mark,.curve,.bar,.square,.level,.span");
  const seen = [...marks].filter((m) => m.getBoundingClientRect().width > 0);
  if (frame.height < 40 || seen.length === 0) say(plot, "is empty");
  const texts = [...plot.querySelectorAll("text")].map((t) => ({ text: t.textContent, box: t.getBoundingClientRect() }));
  texts.forEach((a, i) => {
    if (a.text === "") return;
    if (a.box.left < frame.left - close || a.box.right > frame.right + close || a.box.top < frame.top - close || a.box.bottom > frame.bottom + close) {
      say(plot, `"${a.text}" is cut`);
    }
    for (const b of texts.slice(i + 1)) {
      const x = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      const y = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
      // The box of a text has room above and below its letters.
      if (x > close && y > 0.35 * Math.min(a.box.height, b.box.height)) say(plot, `"${a.text}" and "${b.text}" overlap`);
    }
  });
}
for (const e of document.querySelectorAll("h1,h2,p,li,a,dd,summary")) {
  if (e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline") problems.push(`"${e.textContent}" is cut`);
}
const found = parent.document.createElement("script");
found.className = "found";
found.type = "application/json";
found.textContent = JSON.stringify({
  Page: window.name, Width: innerWidth, ScrollWidth: document.documentElement.scrollWidth, Plots: plots.length, Problems: problems,
  Dark: matchMedia("(prefers-color-scheme: dark)").matches,
});
parent.document.body.append(found);
