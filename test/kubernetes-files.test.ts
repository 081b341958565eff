import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Deployment } from 'kubernetes-models/apps/v1/Deployment'
import { StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet'
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget'
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap'
import { Namespace } from 'kubernetes-models/v1/Namespace'
import { Service } from 'kubernetes-models/v1/Service'
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount'
import { expect, onTestFinished, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { userId } from '../scripts/image/fill-base.ts'
import { readSettings } from '../src/config/read-settings.ts'
import { toConfig } from '../src/config/to-config.ts'

const folder = join(import.meta.dirname, '../deploy/kubernetes')
const read = (name: string) => readFileSync(join(folder, name), 'utf8')

interface Container {
  name: string
  image: string
  args: string[]
  env: { name: string; value: string }[]
  ports: { name: string; containerPort: number }[]
  securityContext: Record<string, unknown>
  volumeMounts: { name: string; mountPath: string }[]
  livenessProbe: { httpGet: { path: string; port: string } }
  readinessProbe: { httpGet: { path: string; port: string } }
}
interface Pod {
  automountServiceAccountToken: boolean
  terminationGracePeriodSeconds: number
  securityContext: Record<string, unknown>
  containers: [Container]
  volumes: { name: string; secret?: { secretName: string } }[]
}
interface Manifest {
  apiVersion: string
  kind: string
  metadata: { name: string; labels?: Record<string, string> }
  spec: { template: { metadata: { labels: Record<string, string> }; spec: Pod } } & Record<string, unknown>
  data: Record<string, string>
}

const kinds = {
  ...{ ConfigMap, Deployment, Namespace, NetworkPolicy, PodDisruptionBudget, Service },
  ...{ ServiceAccount, StatefulSet },
}
/** As kubectl reads them: YAML 1.1. */
const manifests: Manifest[] = parse(read('kustomization.yaml')).resources.flatMap((name: string) =>
  parseAllDocuments(read(name), { version: '1.1' }).map((document) => document.toJS()),
)
const find = (kind: string, name: string): Manifest => {
  const found = manifests.find((one) => one.kind === kind && one.metadata.name === name)
  if (found === undefined) throw new Error(`no ${kind} ${name}`)
  return found
}
const workloads = [
  find('StatefulSet', 'postern-portal'),
  find('Deployment', 'postern-gateway'),
  find('Deployment', 'postern-publication'),
]
const pods = workloads.map(({ spec }) => spec.template.spec) as [Pod, Pod, Pod]
const config = (parse(read('configuration.yaml')).data as Record<string, string>)['postern.yaml'] as string

/**
 * Returns `value` whose fields are noted until they are read. A validator reads every field that its schema has, so that
 * those that stay are unknown to it.
 */
function noteFields(value: object, path: string, unread: Set<string>): object {
  if (!Array.isArray(value)) for (const name of Object.keys(value)) unread.add(`${path}.${name}`)
  const noted = Object.entries(value).map(([name, field]) => [
    name,
    typeof field === 'object' && field !== null ? noteFields(field, `${path}.${name}`, unread) : field,
  ])
  const copy = Array.isArray(value) ? noted.map(([, field]) => field) : Object.fromEntries(noted)
  return new Proxy(copy, {
    get(target, name) {
      unread.delete(`${path}.${String(name)}`)
      return Reflect.get(target, name)
    },
  })
}

/** Returns the fields that the schema of its kind does not know. Throws if something is missing or of another type. */
function check(manifest: Manifest): string[] {
  const { kind } = manifest
  const unread = new Set<string>()
  const Model = kinds[kind as keyof typeof kinds]
  expect(manifest.apiVersion).toBe(Model.apiVersion)
  // The constructor would copy, and so read, every field.
  Model.prototype.validate.call(noteFields(manifest, kind, unread))
  return [...unread]
}

test('every manifest is what the schemas of Kubernetes say, and has no field that they do not know', () => {
  for (const manifest of manifests) expect(check(manifest), manifest.metadata.name).toEqual([])
  const [portal] = structuredClone(pods)
  Object.assign(portal.containers[0], { readinesProbe: {} })
  const wrong = structuredClone(find('StatefulSet', 'postern-portal'))
  wrong.spec.template.spec = portal
  expect(check(wrong)).toEqual(['StatefulSet.spec.template.spec.containers.0.readinesProbe'])
  wrong.spec.replicas = 'two'
  expect(() => check(wrong)).toThrow('replicas must be integer')
})

test('the configuration is one that Postern takes, on the ports of the pods', () => {
  const place = mkdtempSync(join(tmpdir(), 'postern-kubernetes-'))
  onTestFinished(() => rmSync(place, { recursive: true }))
  const file = join(place, 'postern.yaml')
  writeFileSync(file, config)
  const { portal, publication, operations, gateway, environments, profile } = toConfig(
    readSettings({ POSTERN_CONFIG: file }),
  )
  expect(profile).toBe('production')
  const [portalPorts, gatewayPorts, publicationPorts] = pods.map(({ containers: [{ ports }] }) =>
    Object.fromEntries(ports.map(({ name, containerPort }) => [name, containerPort])),
  )
  expect(portalPorts).toEqual({
    ...{ portal: portal.port, operations: operations.address?.port },
  })
  expect(gatewayPorts).toEqual({
    ...{ api: environments[0]?.gatewayPort, operations: operations.address?.port },
  })
  expect(publicationPorts).toEqual({
    ...{ publication: publication.port, operations: operations.address?.port },
  })
  expect(publication.servedBy).toBe('publication')
  for (const { host } of [portal, publication, gateway, { host: operations.address?.host }])
    expect(host).toBe('0.0.0.0')
  const [, { containers, terminationGracePeriodSeconds }] = pods
  expect(terminationGracePeriodSeconds).toBe(operations.drainSeconds + 2 * gateway.drainSeconds + 24)
  const folders = containers[0].volumeMounts.map(({ mountPath }) => mountPath)
  for (const path of [gateway.certificateFile, gateway.keyFile]) expect(folders).toContain(dirname(path))
})

test('the key of the authority is in one pod alone, and each pod has the secrets that it needs', () => {
  const secretsOf = ({ containers: [{ env }] }: Pod) =>
    env.map(({ name }) => name).filter((name) => name.endsWith('_FILE'))
  const [portal, gateway, publication] = pods.map(secretsOf)
  expect(portal).toEqual([
    ...['POSTERN_AUTHORITY_KEY_FILE', 'POSTERN_GATEWAY_KEY_FILE', 'POSTERN_PUBLICATION_KEY_FILE'],
    'POSTERN_SESSION_KEY_FILE',
    ...['POSTERN_SMTP_PASSWORD_FILE', 'POSTERN_DATABASE_URL_FILE'],
  ])
  expect(gateway).toEqual(['POSTERN_GATEWAY_KEY_FILE', 'POSTERN_DATABASE_URL_FILE'])
  expect(publication).toEqual(['POSTERN_PUBLICATION_KEY_FILE', 'POSTERN_DATABASE_URL_FILE'])
  const mounted = pods.map(({ volumes }) => volumes.flatMap(({ secret }) => secret?.secretName ?? []))
  expect(mounted).toEqual([
    ['postern-portal'],
    ['postern-gateway', 'postern-server-certificate'],
    ['postern-publication'],
  ])
  expect(manifests.filter(({ kind }) => kind === 'Secret')).toEqual([])
})

test.each(pods)('the pod of $containers.0.name has no rights, and says when it is ready', (pod) => {
  const [container] = pod.containers
  expect(pod.securityContext).toMatchObject({
    ...{ runAsNonRoot: true, runAsUser: userId, seccompProfile: { type: 'RuntimeDefault' } },
  })
  expect(container.securityContext).toEqual({
    ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
  })
  expect(pod.automountServiceAccountToken).toBe(false)
  expect(container.livenessProbe.httpGet).toEqual({ path: '/healthz', port: 'operations' })
  expect(container.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'operations' })
})

test('whatever no policy names is closed, and each policy and service names ports and pods that exist', () => {
  expect(find('NetworkPolicy', 'postern-nothing').spec).toEqual({
    ...{ podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  })
  const labels = workloads.map(({ spec }) => spec.template.metadata.labels)
  const selectors = manifests.flatMap(({ kind, spec }) => {
    if (kind === 'Service') return [spec.selector]
    if (kind === 'NetworkPolicy') return [(spec.podSelector as { matchLabels?: object }).matchLabels ?? {}]
    return kind === 'PodDisruptionBudget' ? [(spec.selector as { matchLabels: object }).matchLabels] : []
  }) as Record<string, string>[]
  expect(selectors.length).toBeGreaterThan(5)
  for (const selector of selectors)
    expect(
      labels.some((each) => Object.entries(selector).every(([name, value]) => each[name] === value)),
    ).toBe(true)
  const named = [...JSON.stringify(manifests).matchAll(/"(?:targetPort|port)":"(\w+)"/g)].map(
    ([, name]) => name,
  )
  const ports = pods.flatMap(({ containers: [{ ports }] }) => ports.map(({ name }) => name))
  expect(named.length).toBeGreaterThan(5)
  expect(ports).toEqual(expect.arrayContaining(named))
})
