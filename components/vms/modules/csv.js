// A file of what is shown. Text that a spreadsheet would take for a formula is made text again.

const quote = (text) => {
  const safe = /^[=+\-@\t\r]/.test(text) && !/^-?\d+([.,]\d+)?$/.test(text) ? `'${text}` : text;
  return /[",;\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

export function csv(rows, columns, tell) {
  const lines = [columns.map((column) => column.title), ...rows.map((row) => columns.map((column) => tell.plain(row, column.key)))];
  return "\ufeff" + lines.map((line) => line.map(quote).join(",")).join("\r\n") + "\r\n";
}

export function save(text, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
