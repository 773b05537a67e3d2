/**
 * A promise that resolves with those of everybody who asks in the same turn of the event loop: what answers of that
 * turn mean is then recorded by one commit.
 */
export function together(): Promise<void> {
  return new Promise((resolve) => {
    if (asking.push(resolve) === 1) setImmediate(answerAll);
  });
}

let asking: (() => void)[] = [];

function answerAll(): void {
  const all = asking;
  asking = [];
  for (const answer of all) answer();
}
