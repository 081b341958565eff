// Says what crypto/x509 makes of the certificate of an OCSP responder: root, issuing CA, responder, as files of PEM.
package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
)

func read(file string) *x509.Certificate {
	text, err := os.ReadFile(file)
	if err != nil {
		panic(err)
	}
	block, _ := pem.Decode(text)
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		panic(err)
	}
	return certificate
}

func main() {
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(read(os.Args[1]))
	between.AddCert(read(os.Args[2]))
	purposes := []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}
	options := x509.VerifyOptions{Roots: roots, Intermediates: between, KeyUsages: purposes}
	if _, err := read(os.Args[3]).Verify(options); err != nil {
		fmt.Println("refused:", err)
		return
	}
	fmt.Println("verified")
}
