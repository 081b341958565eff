/**
 * Quotes one string literal for PowerShell 5.1 and 7: between single quotes only the quote itself is special,
 * and it is doubled. PowerShell treats typographic quotes as quotes too.
 */
export function quotePowershell(text: string): string {
  return `'${text.replaceAll(/['\u2018\u2019\u201A\u201B]/g, (quote) => quote + quote)}'`
}
