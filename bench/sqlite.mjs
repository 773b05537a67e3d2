// The SQLite that flow itself would use under this Node, for what the measurements read and write.
export async function openDatabase(path) {
  try {
    const { DatabaseSync } = await import('node:sqlite');
    return new DatabaseSync(path);
  } catch {
    const { default: Database } = await import('better-sqlite3');
    return new Database(path);
  }
}
