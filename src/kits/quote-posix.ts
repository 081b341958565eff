/**
 * Quotes one word for sh, bash, dash and zsh: no character is special between single quotes (POSIX, Shell
 * Command Language, section 2.2.2). A leading `=` is quoted too: zsh expands it to the path of a command.
 */
export function quotePosix(text: string): string {
  return /^[A-Za-z0-9_./:@%+,-][A-Za-z0-9_./:@%+=,-]*$/.test(text)
    ? text
    : `'${text.replaceAll("'", `'\\''`)}'`
}
