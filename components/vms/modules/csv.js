// A file of what is shown. Text that a spreadsheet would take for a formula is made text again, also where it
// splits at semicolons: there a quote that does not begin a cell keeps nothing together, lines included.

const quote = (text) => {
  const inside = text.replace(/([;\r\n])(?=[=+\-@＝＋－＠])/g, "$1'");
  const safe = /^[=+\-@\t\r\n＝＋－＠]/.test(text) && !/^-?\d+([.,]\d+)?$/.test(text) ? `'${inside}` : inside;
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
