// The microphone: records until it is stopped, and tells how loud it is.
import { Fault } from "./media-words.js";

const REASONS = {
  NotAllowedError:
    "The microphone is not allowed here. Allow it in the browser's address bar, then try again.",
  NotFoundError: "No microphone was found. Connect one, then try again.",
  NotReadableError: "Another program holds the microphone. Close it there, then try again.",
};

/** Start recording. `stop()` leads to `sound`, a promise of the recording; `discard()` to null. */
export async function record() {
  if (!navigator.mediaDevices?.getUserMedia || !globalThis.MediaRecorder) {
    throw new Fault("Browsers open the microphone on https and localhost only.");
  }
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch (fault) {
    throw new Fault(REASONS[fault.name] ?? `The microphone cannot be used: ${fault.message}`);
  }
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 1024 });
  context.createMediaStreamSource(stream).connect(analyser);
  return recording(stream, context, analyser);
}

function recording(stream, context, analyser) {
  const recorder = new MediaRecorder(stream);
  const pieces = [];
  const heard = new Float32Array(analyser.fftSize);
  const started = performance.now();
  let wanted = true;
  recorder.addEventListener("dataavailable", ({ data }) => pieces.push(data));
  // Also when the microphone is unplugged: what has been recorded until then counts.
  const sound = new Promise((resolve) => {
    recorder.addEventListener("stop", () => {
      for (const track of stream.getTracks()) track.stop();
      context.close();
      resolve(wanted ? new File(pieces, "the recording", { type: recorder.mimeType }) : null);
    });
  });
  recorder.start(1000);
  const end = () => recorder.state !== "inactive" && recorder.stop();
  return {
    sound,
    stop: end,
    discard() {
      wanted = false;
      end();
    },
    get seconds() {
      return (performance.now() - started) / 1000;
    },
    get level() {
      analyser.getFloatTimeDomainData(heard);
      return heard.reduce((loudest, sample) => Math.max(loudest, Math.abs(sample)), 0);
    },
  };
}
