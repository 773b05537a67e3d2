/** Polls until a condition holds; fails after half a minute. For what has no event that a test could await. */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`it did not come true: ${String(holds)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
