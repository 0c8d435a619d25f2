// What needs a script: copy buttons, times in the viewer's zone, ticking all rows, one click on Save counting once.
"use strict";

const clock = new Intl.DateTimeFormat(undefined, {
  year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});

const hours = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

for (const time of document.querySelectorAll("time[datetime]")) {
  time.textContent = clock.format(new Date(time.dateTime));
}
for (const hour of document.querySelectorAll("[data-hour]")) {
  hour.textContent = hours.format(new Date(hour.dataset.hour));
}
// Without this script they would do nothing.
for (const control of document.querySelectorAll("[data-copy], [data-tick-all]")) {
  control.hidden = false;
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const label = button.firstChild;
  try {
    await navigator.clipboard.writeText(source.textContent);
    label.textContent = "Copied";
  } catch {
    // Without TLS browsers keep the clipboard from scripts: the text is selected instead, for Ctrl+C.
    getSelection().selectAllChildren(source);
    label.textContent = document.execCommand("copy") ? "Copied" : "Press Ctrl+C";
  }
  setTimeout(() => { label.textContent = "Copy"; }, 2000);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-tick-all]")) {
    for (const box of event.target.form.querySelectorAll("input[name=token]")) box.checked = event.target.checked;
  }
});

document.addEventListener("submit", (event) => {
  if (event.target.method !== "post") return;
  const form = event.target;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  // An answer that was stopped, or never came, is asked for again; what is sent twice does no harm.
  setTimeout(() => { delete form.dataset.sent; }, 3000);
});
// Back from the browser's memory, a form may be sent again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
