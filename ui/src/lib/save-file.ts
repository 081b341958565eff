/** Saves `content` as a file without a request to the server. */
export function saveFile(
  fileName: string,
  content: string | Uint8Array<ArrayBuffer>,
  mediaType = 'application/json',
): void {
  const address = URL.createObjectURL(new Blob([content], { type: mediaType }))
  const link = document.createElement('a')
  link.href = address
  link.download = fileName
  link.click()
  // The browser has read the blob after the click was handled.
  setTimeout(() => URL.revokeObjectURL(address), 1000)
}
