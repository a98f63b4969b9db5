/** Lines of columns that line up, the first being the heading. Ends with a line feed. */
export function renderTable(rows: readonly (readonly string[])[], heading: (line: string) => string): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return lines.map((line, i) => `${i === 0 ? heading(line) : line}\n`).join('');
}
