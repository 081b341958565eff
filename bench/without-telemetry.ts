import { registerHooks } from 'node:module'

/** Loaded into a gateway process before everything else: replaces the telemetry of requests by nothing. */
const nothing: [RegExp, string][] = [
  [
    /\/src\/gateway\/observe\.ts$/,
    'export const observeExchange = () => undefined, observeConnection = () => undefined',
  ],
  [
    /\/src\/gateway\/telemetry\.ts$/,
    `const nothing = () => {}
     export const createTelemetry = () => ({
       record: nothing, handshake: nothing, enforce: nothing, prove: () => true, confirm: nothing,
       droppedRecords: () => 0, close: async () => {},
     })`,
  ],
]

registerHooks({
  load(url, context, next) {
    const [, source] = nothing.find(([file]) => file.test(url)) ?? []
    return source === undefined ? next(url, context) : { format: 'module', source, shortCircuit: true }
  },
})
