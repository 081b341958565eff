/**
 * Text that cmd.exe takes as it stands, typed at the prompt and outside double quotes. A caret takes
 * the meaning from the character behind it and is removed. Percent signs are read before carets: the
 * caret on either side of one makes the name of a variable that nobody has, also in the form
 * `%NAME:a=b%`. Double quotes are escaped too, so that no part of the line is ever inside quotes.
 */
export function escapeCmd(text: string): string {
  let escaped = ''
  let previous = ''
  for (const character of text) {
    escaped += /[\^&|<>()"!%]/.test(character) || previous === '%' ? `^${character}` : character
    previous = character
  }
  return escaped
}

/**
 * One argument for a Windows program, typed at the prompt of cmd.exe. The program parts its command
 * line as CommandLineToArgvW does: a backslash counts only before a double quote.
 */
export function quoteCmd(text: string): string {
  if (/^[A-Za-z0-9_./:@+-]+$/.test(text)) return text
  const argument = `"${text.replaceAll(/(\\*)(?="|$)/g, '$1$1').replaceAll('"', '\\"')}"`
  return /["%]/.test(text) ? escapeCmd(argument) : argument
}
