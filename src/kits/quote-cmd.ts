/**
 * Escapes text for the prompt of cmd.exe, outside double quotes. A caret removes the meaning of the next
 * character and is removed itself. Percent signs are read before carets: the caret on either side of one
 * gives the name of a variable that does not exist, also in the form `%NAME:a=b%`. Double quotes are escaped
 * too, so that no part of the line is ever inside quotes.
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
 * Quotes one argument of a Windows program for the prompt of cmd.exe. The program splits its command line
 * like CommandLineToArgvW: a backslash is special only before a double quote.
 */
export function quoteCmd(text: string): string {
  if (/^[A-Za-z0-9_./:@+-]+$/.test(text)) return text
  const argument = `"${text.replaceAll(/(\\*)(?="|$)/g, '$1$1').replaceAll('"', '\\"')}"`
  return /["%]/.test(text) ? escapeCmd(argument) : argument
}
