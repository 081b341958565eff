/**
 * Text for `echo` in cmd.exe. At the prompt a percent sign begins a variable wherever a name and a
 * second one follow, quoted or not; a caret behind it breaks the name up and is itself removed.
 * The other characters that cmd reads are escaped by a caret, the double quote among them, so
 * that no part of the line is ever inside quotes.
 */
export function escapeCmd(text: string): string {
  return text.replaceAll(/[\^&|<>()"!%]/g, (character) => (character === '%' ? '^%' : `^${character}`))
}
