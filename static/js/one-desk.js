// Two desks of one project in one browser would take items from each other: the older one rests.
const ME = crypto.getRandomValues(new Uint32Array(1))[0];

export function oneDesk(project, rest) {
  if (!globalThis.BroadcastChannel) return;
  const channel = new BroadcastChannel("workbench-desk");
  channel.addEventListener("message", ({ data }) => {
    if (data.project === project && data.from !== ME) rest();
  });
  channel.postMessage({ project, from: ME });
}
