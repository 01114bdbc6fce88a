// Counts the time of a demo and fills in the field of minutes. Without it, one types them.
(() => {
  const box = document.getElementById("timer");
  const field = document.getElementById("minutes");
  if (!box || !field) return;
  const [shown, button, said] = box.children;
  const limit = Number(box.dataset.limit) * 60;
  let before = 0; // seconds of the runs that ended
  let since = null; // when this run began
  let ticking = null;

  const seconds = () => Math.floor(before + (since === null ? 0 : (Date.now() - since) / 1000));
  const draw = () => {
    const now = seconds();
    shown.value = `${Math.floor(now / 60)}:${String(now % 60).padStart(2, "0")}`;
    box.classList.toggle("over", now > limit);
    if (now === limit - 60) said.textContent = "One minute left";
    if (now === limit) said.textContent = "Time is up";
  };
  const note = () => {
    field.value = Math.ceil(seconds() / 60);
    field.dispatchEvent(new Event("change", { bubbles: true }));
  };
  button.addEventListener("click", () => {
    if (since === null) {
      since = Date.now();
      ticking = setInterval(draw, 250);
      button.textContent = "Pause";
      return;
    }
    before += (Date.now() - since) / 1000;
    since = null;
    clearInterval(ticking);
    button.textContent = "Go on";
    draw();
    note();
  });
  document.getElementById("sheet").addEventListener("submit", () => {
    if (since !== null) field.value = Math.ceil(seconds() / 60);
  });
  box.hidden = false;
})();
