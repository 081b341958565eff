/** The two forms of one email. */
export interface RenderedLetter {
  /** For `text/plain; format=flowed` (RFC 3676). */
  text: string
  html: string
}

/** An email as it is queued. */
interface Letter {
  subject: string
  /** Paragraphs, with a blank line between; see `writeBody`. */
  body: string
  /** What the button says that leads to the link of the body. */
  action: string | null
  /** With which its recipient unsubscribes; undefined if that is not possible. */
  token?: string | undefined
}

const width = 72
const defaultAction = 'Open in the portal'
const unsubscribe = 'Unsubscribe from these emails'

/**
 * Renders an email in both forms from its one text, so that they never say different things. A link to the portal at the
 * end of the text, where `writeBody` puts it, becomes the button; no other text becomes a link, whoever wrote it. There is
 * nothing to load: no image, no font, no style sheet.
 */
export function renderLetter(letter: Letter, portalUrl: string): RenderedLetter {
  const { body, token } = letter
  const footer = token === undefined ? undefined : `${portalUrl}/unsubscribe#token=${token}`
  return {
    text: flow(footer === undefined ? body : `${body}\n\n${unsubscribe}:\n${footer}`),
    html: toHtml(letter, portalUrl, footer),
  }
}

/** Breaks lines at blanks, never within a word or a link; RFC 3676, sections 4.2 and 4.4. */
function flow(body: string): string {
  return body
    .split('\n')
    .flatMap((line) => wrap(line.trimEnd()))
    .map((line) => (/^(?: |>|From )/.test(line) ? ` ${line}` : line))
    .join('\n')
}

function wrap(line: string): string[] {
  const lines: string[] = []
  let current = ''
  for (const word of line.split(' ')) {
    const longer = current === '' ? word : `${current} ${word}`
    if (current === '' || [...longer].length <= width) {
      current = longer
      continue
    }
    // The blank at its end says that the line goes on.
    lines.push(`${current} `)
    current = word
  }
  return [...lines, current]
}

const marks: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (mark) => marks[mark] as string)

const font = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
const styles = {
  page: `margin:0;padding:0;background:#f4f5f7;color:#1c2024;${font}`,
  card: 'width:100%;max-width:600px;background:#ffffff;border:1px solid #dfe2e6;border-radius:8px',
  cell: `padding:28px 24px;font-size:16px;line-height:1.5;color:#1c2024;${font}`,
  text: 'margin:0 0 16px;overflow-wrap:anywhere',
  button:
    'display:inline-block;padding:12px 20px;border-radius:6px;background:#1c5fb8;color:#ffffff;font-weight:600;text-decoration:none',
  link: 'margin:0 0 16px;font-size:13px;color:#5b6470;overflow-wrap:anywhere',
  sender: 'margin:0;color:#5b6470',
  footer: 'margin:24px 0 0;padding-top:16px;font-size:13px;color:#5b6470',
  footerLink: 'color:#5b6470;text-decoration:underline',
} as const

/** Programs that know dark mode; others invert the colors by themselves, or show the light ones. */
const darkStyles = `
:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){
.page{background:#14171a!important;color:#e6e8eb!important}
.card{background:#1e2226!important;border-color:#363c43!important}
.cell{color:#e6e8eb!important}
.button{background:#7db3f5!important;color:#0d1b2e!important}
.quiet{color:#a3abb5!important}
}`

function toHtml({ subject, body, action }: Letter, portalUrl: string, footer?: string): string {
  const paragraphs = body.trim().split(/\n{2,}/)
  const sender = paragraphs.at(-1) === 'Postern' ? paragraphs.pop() : undefined
  const link = isOwnLink(paragraphs.at(-1), portalUrl) ? paragraphs.pop() : undefined
  const parts = [
    ...paragraphs.map((text) => `<p style="${styles.text}">${escapeHtml(text).replaceAll('\n', '<br>')}</p>`),
    ...(link === undefined ? [] : [toButton(escapeHtml(link), escapeHtml(action ?? defaultAction))]),
    ...(sender === undefined ? [] : [`<p class="quiet" style="${styles.sender}">${sender}</p>`]),
    ...(footer === undefined
      ? []
      : [
          `<p class="quiet" style="${styles.footer}"><a class="quiet" href="${escapeHtml(footer)}" style="${styles.footerLink}">${unsubscribe}</a></p>`,
        ]),
  ]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(subject.replaceAll(/\s+/g, ' '))}</title>
<style>${darkStyles}
</style>
</head>
<body class="page" style="${styles.page}">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td align="center" style="padding:16px 8px">
<table role="presentation" class="card" cellpadding="0" cellspacing="0" border="0" style="${styles.card}"><tr><td class="cell" style="${styles.cell}">
${parts.join('\n')}
</td></tr></table>
</td></tr></table>
</body>
</html>
`
}

const isOwnLink = (text: string | undefined, portalUrl: string): boolean =>
  text !== undefined && !/\s/.test(text) && (text === portalUrl || text.startsWith(`${portalUrl}/`))

/** Readers who cannot use the button see where it leads. */
const toButton = (link: string, action: string): string =>
  `<p style="${styles.text}"><a class="button" href="${link}" style="${styles.button}">${action}</a></p>
<p class="quiet" style="${styles.link}">${link}</p>`
