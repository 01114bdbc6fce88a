/* Keys of the review page; the page itself lists them. Without this file everything works by
   mouse and tab alone. */
"use strict";

(() => {
  const forms = () => [...document.querySelectorAll("form.criterion")];

  const current = () => {
    const inside = document.activeElement?.closest("form.criterion");
    return inside ?? forms()[0];
  };

  const goTo = (form) => {
    if (!form) return;
    const target = form.querySelector("input[type=radio]:checked") ?? form.querySelector("input[type=radio]");
    target?.focus({ preventScroll: true });
    form.scrollIntoView({ block: "start" });
  };

  const step = (by) => {
    const all = forms();
    const inside = document.activeElement?.closest("form.criterion");
    goTo(inside ? all[all.indexOf(inside) + by] : all[0]);
  };

  const choose = (place) => {
    const radio = current()?.querySelectorAll("input[type=radio]")[place - 1];
    if (!radio) return;
    radio.focus();
    radio.click();
  };

  const follow = (relation) => document.querySelector(`a[rel=${relation}]`)?.click();

  const plain = {
    j: () => step(1),
    k: () => step(-1),
    c: () => current()?.querySelector("textarea")?.focus(),
    n: () => follow("next"),
    p: () => follow("prev"),
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.ctrlKey) {
      event.preventDefault();
      current()?.requestSubmit();
      return;
    }
    const writing = event.target.closest("textarea, select, input:not([type=radio])");
    if (writing) {
      if (event.key === "Escape") goTo(writing.closest("form.criterion"));
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const act = /^[1-9]$/.test(event.key) ? () => choose(Number(event.key)) : plain[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
