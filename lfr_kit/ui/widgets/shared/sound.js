// A sound for an alert, made here and not fetched. A browser plays none before a person has touched the page: until
// then the button says so, since a silent alert on a page that says "on" would be waited for in vain.

import { h, say } from "./dom.js";

const KEPT = "lfr.sound";
const TONES = { red: [880, 660, 880], amber: [660, 660], green: [520] };
const TOUCHES = ["pointerdown", "click", "keydown"];

export class Sound {
  /** @param {AbortSignal} signal ends it */
  constructor(signal) {
    this.isOn = localStorage.getItem(KEPT) !== "off";
    this.button = h("button", { type: "button", id: "sound", onclick: () => this.toggle() });
    const wake = (event) => this.button.contains(event.target) || this.wake();
    TOUCHES.forEach((each) => document.addEventListener(each, wake, { signal }));
    window.addEventListener("storage", (event) => event.key === KEPT && this.become(event.newValue !== "off"), { signal });
    signal.addEventListener("abort", () => this.context?.close());
    this.wake();
    this.draw();
  }

  wake() {
    if (!this.isOn || this.canPlay) return;
    this.context ||= this.newContext();
    this.context.resume().catch(() => {});
  }

  newContext() {
    const made = new AudioContext();
    made.onstatechange = () => this.draw();
    return made;
  }

  /** Whether it could be heard now. */
  get canPlay() {
    return this.context?.state === "running";
  }

  /** On or off; where it is on and the browser waits for a touch, this is the touch. */
  toggle() {
    if (!this.isOn || this.canPlay) {
      localStorage.setItem(KEPT, this.isOn ? "off" : "on");
      this.become(!this.isOn);
    }
    this.wake();
    if (this.isOn) setTimeout(() => this.play("green"), 100);
  }

  become(isOn) {
    this.isOn = isOn;
    this.draw();
  }

  draw() {
    this.button.setAttribute("aria-pressed", String(this.isOn));
    this.button.classList.toggle("waits", this.isOn && !this.canPlay);
    say(this.button, this.isOn ? (this.canPlay ? "Sound: on" : "Sound: press to hear") : "Sound: off");
  }

  play(response) {
    if (!this.isOn || !this.canPlay) return;
    (TONES[response] || TONES.green).forEach((tone, i) => this.tone(tone, this.context.currentTime + i * 0.22));
  }

  tone(hertz, at) {
    const wave = this.context.createOscillator();
    const volume = this.context.createGain();
    wave.frequency.value = hertz;
    volume.gain.setValueAtTime(0.0001, at);
    volume.gain.exponentialRampToValueAtTime(0.25, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.2);
    wave.connect(volume).connect(this.context.destination);
    wave.start(at);
    wave.stop(at + 0.21);
  }
}
