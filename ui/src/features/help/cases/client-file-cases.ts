import type { HelpCase } from '../help-case.ts'

/** Errors of programs that cannot use the files of the client certificate. */
export const clientFileCases: HelpCase[] = [
  {
    id: 'curl-files',
    symptom: 'A file is not found',
    says: ['No such file or directory', 'ENOENT', 'unable to set private key file', 'curl: (58)'],
    codes: [],
    meaning:
      'The key or the certificate is not where the program looks for it. cURL prints the same message for a missing key and for a wrong one.',
    steps: [
      'Run the command in the folder that has both files, or give their full paths.',
      'Look at the exact file names, such as acme-0001.key and acme-0001.pem.',
      'The user that runs the program must be allowed to read the key.',
    ],
  },
  {
    id: 'key-mismatch',
    symptom: 'Private key and certificate do not belong together',
    says: [
      'key values mismatch',
      'private key does not match public key',
      'no certificate assigned',
      'decrypt_error',
    ],
    codes: ['tls_client_signature_invalid'],
    meaning: 'The private key is of another certificate.',
    steps: [
      'Key and certificate have the same name, such as acme-0001. Do not mix two of them.',
      'Compare the public keys: openssl pkey -in acme-0001.key -pubout and openssl x509 -in acme-0001.pem -pubkey -noout print the same text.',
      'If the right key is lost, rotate the certificate and create a new key.',
    ],
  },
  {
    id: 'files-swapped',
    symptom: 'A file holds something else than the program expects',
    says: ['no start line', 'PEM inputs may have been switched', 'signed fields invalid'],
    codes: [],
    meaning: 'Certificate and key are in each other’s place, or a file is not PEM.',
    steps: [
      'The certificate begins with -----BEGIN CERTIFICATE-----, the key with -----BEGIN PRIVATE KEY-----.',
      'cURL: --cert takes the .pem file, --key the .key file. Postman: CRT file and KEY file.',
      'Download the certificate again and use the file unchanged.',
    ],
  },
  {
    id: 'passphrase',
    symptom: 'The key has a passphrase',
    says: ['Enter PEM pass phrase', 'bad decrypt', 'Client private key is encrypted'],
    codes: [],
    meaning:
      'The key file is encrypted and the program has no passphrase, or a wrong one. The command of this portal creates keys without one.',
    steps: [
      'If you encrypted the key yourself or were shown a passphrase when you downloaded it, enter exactly that.',
      'If there is no passphrase, leave the field empty; in Postman too.',
      'For a service, decrypt the key once: openssl pkey -in acme-0001.key -out plain.key. Protect the file.',
      'If the passphrase is lost, the key is lost: rotate the certificate.',
    ],
  },
  {
    id: 'key-format',
    symptom: 'The program cannot parse the private key',
    says: ['failed to parse private key', 'InvalidKeySpecException', 'algid parse error'],
    codes: [],
    meaning: 'The key is encrypted, or in another format than the program expects.',
    steps: [
      'Java reads PKCS#8 without a passphrase: openssl pkcs8 -topk8 -nocrypt -in acme-0001.key -out acme-0001.p8.',
      'If the file begins with -----BEGIN ENCRYPTED PRIVATE KEY-----, decrypt it or give the passphrase.',
      'Decode the Base64 between the BEGIN and END lines, not the whole file.',
    ],
  },
  {
    id: 'p12',
    symptom: 'A PKCS#12 file cannot be opened',
    says: ['mac verify failure', 'keystore password was incorrect', 'RC2-40-CBC', 'not correct'],
    codes: [],
    meaning:
      'The passphrase of the .p12 or .pfx file is wrong, or the file uses ciphers that the program does not have.',
    steps: [
      'Enter the passphrase that was shown when the file was made.',
      'OpenSSL 3 and Node 17 read files with old ciphers only with -legacy. Make the file again with AES-256.',
      'Old macOS and Windows versions read only files with the legacy ciphers.',
    ],
  },
  {
    id: 'windows-key',
    symptom: 'Windows or macOS cannot use certificate and key',
    says: [
      'No credentials are available in the security package',
      'Failed to import cert file',
      'SSL: Can’t load the certificate and its private key',
    ],
    codes: [],
    meaning: 'The TLS library of the system does not read PEM files, or may not use the private key.',
    steps: [
      'Windows: use a cURL built with OpenSSL, such as the one that comes with Git, or a PKCS#12 file.',
      '.NET: load the certificate with its key, then export and load it again as PKCS#12.',
      'Give the account of the service access to the private key in the certificate store.',
      'macOS: use a PKCS#12 file, or a cURL built with OpenSSL.',
    ],
  },
]
