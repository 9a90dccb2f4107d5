// Where two texts differ, by words. The same way as workbench/task_types/rewrite/difference.py,
// which computes what is stored: a row of the usual table at a time, as the bits of one number.
const TOKEN = /[\p{L}\p{N}\p{M}_]+|\s+|[^\p{L}\p{N}\p{M}_\s]/gu;

// Texts that differ over more tokens than this are not aligned: the stretch is one piece.
const MOST = 4_000;

// { pieces: [{ kind: "same" | "out" | "in", text }], coarse } in the order of the text.
export function difference(before, after) {
  const a = before.match(TOKEN) ?? [];
  const b = after.match(TOKEN) ?? [];
  const most = Math.min(a.length, b.length);
  let head = 0;
  while (head < most && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < most - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const [from, to] = [a.slice(head, a.length - tail), b.slice(head, b.length - tail)];
  const coarse = Math.max(from.length, to.length) > MOST;
  const rows = coarse ? [{ out: from, in: to, same: [] }] : joined(stretches(from, to));
  const pieces = [{ kind: "same", text: a.slice(0, head).join("") }];
  for (const row of rows) {
    for (const kind of ["out", "in", "same"]) pieces.push({ kind, text: row[kind].join("") });
  }
  pieces.push({ kind: "same", text: a.slice(a.length - tail).join("") });
  return { pieces: pieces.filter((piece) => piece.text), coarse };
}

// What goes out and comes in, and then what stays: [{ out, in, same }].
function stretches(a, b) {
  const found = [{ out: [], in: [], same: [] }];
  let [i, j] = [0, 0];
  for (const [nextI, nextJ] of [...kept(a, b), [a.length, b.length]]) {
    if (nextI > i || nextJ > j) {
      const last = found.at(-1);
      const row = last.same.length ? { out: [], in: [], same: [] } : last;
      row.out.push(...a.slice(i, nextI));
      row.in.push(...b.slice(j, nextJ));
      if (row !== last) found.push(row);
    }
    if (nextI < a.length) found.at(-1).same.push(a[nextI]);
    [i, j] = [nextI + 1, nextJ + 1];
  }
  return found;
}

// What blanks alone keep apart is one stretch.
function joined(rows) {
  const found = [];
  for (const row of rows) {
    const last = found.at(-1);
    const apart = !last || !/^\s+$/.test(last.same.join("")) || !(last.out.length || last.in.length);
    if (apart || !(row.out.length || row.in.length)) {
      found.push(row);
      continue;
    }
    last.out.push(...last.same, ...row.out);
    last.in.push(...last.same, ...row.in);
    last.same = row.same;
  }
  return found;
}

// Places of a longest common subsequence, after Hyyrö. Bit i of a row is 0 where token i of `a`
// makes the subsequence longer.
function kept(a, b) {
  const places = new Map();
  a.forEach((token, i) => places.set(token, (places.get(token) ?? 0n) | (1n << BigInt(i))));
  const full = (1n << BigInt(a.length)) - 1n;
  const rows = [full];
  for (const token of b) {
    const row = rows.at(-1);
    const same = row & (places.get(token) ?? 0n);
    rows.push(((row + same) | (row - same)) & full);
  }
  const longer = (j, i) => !((rows[j] >> BigInt(i - 1)) & 1n);
  const pairs = [];
  let [i, j] = [a.length, b.length];
  while (i && j) {
    if (!longer(j, i)) i--;
    else if (longer(j - 1, i)) j--;
    else pairs.push([--i, --j]);
  }
  return pairs.reverse();
}
