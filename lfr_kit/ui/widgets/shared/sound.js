// A sound for an alert, made here and not fetched. A browser plays none before a person has touched the page.

const KEPT = "lfr.sound";
const TONES = { red: [880, 660, 880], amber: [660, 660], green: [520] };

export class Sound {
  constructor() {
    this.isOn = localStorage.getItem(KEPT) !== "off";
    const wake = () => this.wake();
    document.addEventListener("pointerdown", wake, { once: true });
    document.addEventListener("keydown", wake, { once: true });
  }

  wake() {
    this.context ||= new AudioContext();
    if (this.context.state === "suspended") this.context.resume();
  }

  set(isOn) {
    this.isOn = isOn;
    localStorage.setItem(KEPT, isOn ? "on" : "off");
    if (isOn) this.wake();
  }

  /** Whether it could be heard now. */
  get canPlay() {
    return this.context?.state === "running";
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
