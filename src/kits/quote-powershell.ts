/**
 * One string literal for PowerShell 5.1 and 7: between single quotes only the quote itself has a
 * meaning, and it is doubled. PowerShell takes the typographic quotes for it too.
 */
export function quotePowershell(text: string): string {
  return `'${text.replaceAll(/['\u2018\u2019\u201A\u201B]/g, (quote) => quote + quote)}'`
}
