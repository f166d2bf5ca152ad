// Times key presses in the page: from the key event's own time stamp to the first paint after the JSON view shows the
// text as typed. `keyTimer(selector of the JSON view).next()` waits for the next time, in milliseconds.
window.keyTimer = (view) => {
  const times = [];
  const waiting = [];
  const painted = new MessageChannel();
  let pressedAt = 0;
  let expected = null;

  addEventListener(
    "keydown",
    (event) => {
      pressedAt = event.timeStamp;
    },
    true,
  );
  addEventListener(
    "input",
    ({ target }) => {
      expected = JSON.stringify(target.value).slice(1, -1);
    },
    true,
  );

  const isInView = (node) => (node instanceof Element ? node : node.parentElement)?.closest(view);
  const showsExpected = (node) => isInView(node) && node.textContent.includes(expected);
  const isShown = ({ type, target, addedNodes }) =>
    type === "characterData" ? showsExpected(target) : [...addedNodes].some(showsExpected);

  new MutationObserver((changes) => {
    if (expected === null || !changes.some(isShown)) return;
    expected = null;
    // The frame that this callback belongs to is painted before the message is handled.
    requestAnimationFrame(() => painted.port1.postMessage(null));
  }).observe(document.body, { subtree: true, childList: true, characterData: true });

  painted.port2.onmessage = () => {
    const time = performance.now() - pressedAt;
    const resolve = waiting.shift();
    if (resolve) resolve(time);
    else times.push(time);
  };
  return {
    next: () =>
      times.length
        ? times.shift()
        : new Promise((resolve) => {
            waiting.push(resolve);
          }),
  };
};
