import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

/** What reads and writes certificates, and the few modules of the page that call it: the first page needs none of it. */
const ofCertificates =
  /\/src\/(pki|kits)\/(?!file-names)|\/lib\/(use-shell|country-choices)\.ts$|\/(facts-fields|organization-step)\.tsx$/

/** What forms are made with: pages that show what is there need none. */
const ofForms =
  /\/node_modules\/(@mantine\/form|klona|fast-deep-equal)\/|\/(use-contract-form|use-edit|dialog-form|changed-fields|rotate-secret|time-zone-select)\.tsx?$/

/** Small modules that the first page and its menu share with one other page. */
const ofOverview =
  /\/(action-list|organization-usage|use-live-workspace|Icon(Bell|Lifebuoy|Login2|Webhook))\.(tsx?|mjs|js)$/

/** The portal serves the page; during development Vite serves it and forwards API calls. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [dropDescriptions(), react(), compressFiles()],
  server: { proxy: { '/api': 'http://127.0.0.1:3000' } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // Of the libraries in the page: their licenses ask for it.
    license: { fileName: 'licenses.md' },
    // The core is as large as it is: React, the router, the contract.
    chunkSizeWarningLimit: 600,
    // A polyfill would be another script; every supported browser preloads modules.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // Few files, each of which most pages need: a request for every small module costs more than its bytes.
        codeSplitting: {
          groups: [
            { name: 'core', tags: ['$initial'] },
            { name: 'common', minShareCount: 3, test: (id) => !ofCertificates.test(id) && !ofForms.test(id) },
            { name: 'forms', minShareCount: 3, test: ofForms },
            { name: 'overview', minShareCount: 2, test: ofOverview },
            { name: 'x509', minShareCount: 3, test: ofCertificates },
          ],
        },
      },
    },
  },
})

/**
 * Leaves out what schemas and operations of the contract say for the document of the API, which the page never shows; it
 * names the operations that need a step-up proof.
 */
function dropDescriptions(): Plugin {
  const description = /(\.meta\(\{[^{}]*?)\bdescription:\s*(?:'(?:[^'\\]|\\.)*'|`(?:[^`\\$]|\\.)*`),?/g
  const summary = /^( {4})summary:\s*(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\$]|\\.)*`),$/gm
  const ofChange = /^ {4}description:\s*(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"),$/gm
  const errors = /^( {4})errors: \[[^[\]]*\],$/gm
  return {
    name: 'drop-descriptions',
    enforce: 'pre',
    apply: 'build',
    transform: {
      filter: { id: /\/src\/contract\/[^?]*\.ts$/ },
      handler: (code) => ({
        code: code
          .split(/(?= operation\(\{)/)
          .map((part) => (part.includes('stepUp: true') ? part : part.replaceAll(summary, '$1')))
          .join('')
          .replaceAll(description, '$1')
          .replaceAll(ofChange, '')
          .replaceAll(errors, '$1'),
        map: null,
      }),
    },
  }
}

/** Writes each script and style a second and third time, compressed as well as possible, for the portal to send. */
function compressFiles(): Plugin {
  const compressors = {
    br: (bytes: Buffer) =>
      promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }),
    gz: (bytes: Buffer) => promisify(gzip)(bytes, { level: 9 }),
  }
  return {
    name: 'compress-files',
    apply: 'build',
    async writeBundle({ dir = '' }) {
      const files = readdirSync(join(dir, 'assets')).filter((name) => /\.(js|css)$/.test(name))
      for (const path of files.map((name) => join(dir, 'assets', name))) {
        const bytes = readFileSync(path)
        for (const [ending, compress] of Object.entries(compressors))
          writeFileSync(`${path}.${ending}`, await compress(bytes))
      }
    },
  }
}
