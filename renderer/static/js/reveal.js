/** Passwords can be read while they are typed; without script the button is not there. */

const labels = { false: "Mostrar a senha", true: "Esconder a senha" };

function turn(button) {
  const input = document.getElementById(button.dataset.reveal);
  const shown = input.type === "password";
  input.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
  button.setAttribute("aria-label", labels[shown]);
  const mark = button.querySelector("use");
  mark.setAttribute("href", mark.getAttribute("href").replace(/#.*/, shown ? "#eye-off" : "#eye"));
}

export function start(root) {
  for (const button of root.querySelectorAll("button[data-reveal]")) {
    button.hidden = false;
    button.addEventListener("click", () => turn(button));
    // A form is never sent with a readable password: managers look for the type.
    button.form?.addEventListener("submit", () => button.getAttribute("aria-pressed") === "true" && turn(button));
  }
}
