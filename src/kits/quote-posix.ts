/**
 * One word for sh, bash, dash and zsh: between single quotes nothing has a meaning (POSIX, Shell
 * Command Language, 2.2.2). A leading `=` is quoted too: zsh takes it for the path of a command.
 */
export function quotePosix(text: string): string {
  return /^[A-Za-z0-9_./:@%+,-][A-Za-z0-9_./:@%+=,-]*$/.test(text)
    ? text
    : `'${text.replaceAll("'", `'\\''`)}'`
}
