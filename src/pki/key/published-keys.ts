/**
 * Keys whose private halves everybody can read, as the first 64 bits of the SHA-256 of their
 * SubjectPublicKeyInfo. Written by test/vectors/make-published-keys.ts.
 */
const published: readonly (readonly [string, string])[] = [
  // begin
  ['RFC 6605', '4cebf02cf648a324 7b7dad101d0192ed'],
  ['RFC 6979', '5a7a78cca4a0f420 2f95601fa82060b9 2fb6d46385242ea4'],
  ['RFC 7515', '2bd1bb0c44a897c3 9146ce73d6abeda5'],
  ['RFC 7520', '1b50d9a1d7f6619f c6479a15a50ac4cd 627771f25da426d1 c8579d8d878fb8ea'],
  ['RFC 8032, 7.1', '06e3fd8fda29bb60 deb2ded39dc26fce 8d39ba50abe50f77 e4f982b51ad0bdd8 e77db4a9572e9f65'],
  ['RFC 8080', '25862b96b39bea4b 1c07f3f831b1a478'],
  ['RFC 8410', 'a1e9156054e04fac'],
  ['RFC 8696', '85d88f0cf324e225'],
  ['RFC 9216', 'de5f0f8eeaeeb2a0 49a768630145afd3'],
  ['RFC 9500', 'b2b04340cfaee616 c4c10105a0be0ed4 acb1b8327fef995e 8fb6bad671cfe698 96465ea5dc9bb2da'],
  ['RFC 9635', 'd9eba436fe2c372c'],
  [
    'a seed of one repeated or counted octet',
    '339e2ff917630507 8d5eb75dbb64464a a050837d85070582 fd110d301d2f077d 1300ab5783848215',
  ],
  [
    'a number below 17 as private key of P-256',
    '5cd252fb0ce89324 dc0ce633dbcc913d 2b985badf1bac829 3eab3fba5026b61d dafc418eb082e83c e26630d1233ed92d 11086649cd3e5d18 8449111985c4e015 e3615fff37474c56 f0f6a0003fd9e94f 21af110aa3ea3b97 06bd70e0b4fcc927 c379f258d6ad972f 5203a19a2aaf8843 f6d6cc60e03c805a 1289bdf73517d3cf',
  ],
  [
    'a number below 17 as private key of P-384',
    '29f8fe74f38c49d4 e04caab525cff380 86d5eff393128509 63ecefee431d4952 d4cd42484763444a c6992595dd84c72f bda6ea3f5363ada7 13113c459cb5257f 4a6b0d8e1396b2ef 63bc4d6e2cb24131 48ba5c00787e1324 b229e5c05d414445 96616dd55b5fc1f6 b94f603cfb679757 57a950683167e9c2 d4bf10e85b1469c2',
  ],
  [
    'a number below 17 as private key of P-521',
    'dcaa139396632a8d cd0842279982ba7b 3061bfac92b7cfaf 7d248616a7c13109 7937ec8274da5b09 e434083597e6a1e7 3e41a14c35e43607 fdfff51d0fd93da6 a21814e88021af24 0b45ce4681076a07 c60f2017d3b9488f 31ffedb05dc34d8b e4e9c0aa9a734a4b 6dd66518955a5aa0 8e3f52b44de27eae cb795660f74054f9',
  ],
  [
    'CPython, Lib/test',
    '9b9d3c3ef2e8355d fe2ff9b611dd9d21 1d2054b91a55916a 532c1cf563e57e9d e2a7b7fd502ed354 45f9a0efba2ef7f6 515894a88719a8d7 2e969d5e71491b6c 11035725de095a06 edfe2d266a8e34aa ab8e035b61375a02 a0eb5a3d14140862 be4c89ae84278a5e c3e2fc4b8742a19c 8064304dc78d97bb 0a8b54336a8f109d 990c02b92948ebe7 3610893ac98cb708 b27242ebec6d3db0 d67b630ea74dcbf0 eb78e5f113bf5dc3 316541c3534f29b7 052409d23910ef0c ae6cf3f89a974387 8a12ccf7129ea493 78a9d7ef40805a18',
  ],
  ['requests, tests/certs', '329799340ca9e9cf 82f1794f17693e8f fc74a5b691c55b75 52eae116e12064ee'],
  ['urllib3, dummyserver/certs', 'a4d1449297eced86 15f827f9a2bd16bc'],
  ['google-auth-library-python, tests/data', '38e6053a316fcc97 16957203721350fa 9b445b3d3080b3a8'],
  ['smtp-server, its default key', 'c7c33a9a1bf0b606'],
  ['jwt.io, its default keys', 'f56c8b01227f62dd a40f0f2e2974dc76 302e26c098cfde2d 09ab66acb0ae05af'],
  ['Node.js, test/fixtures/keys', 'eda270a7052c1d02 48f6c3061b4d8c87'],
  ['Go, crypto/tls/testdata/example-cert.pem', '226acd9b52f57319'],
  // end
]

const publicationByKey = new Map(
  published.flatMap(([where, keys]) => keys.split(' ').map((key) => [key, where] as const)),
)

/** Where the private half of a key is published, or `undefined`. Takes the SHA-256 of its SubjectPublicKeyInfo in hex. */
export function findPublication(spkiSha256: string): string | undefined {
  return publicationByKey.get(spkiSha256.slice(0, 16))
}
