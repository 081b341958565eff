// Runs the set-ups of a file with net/http; prints name, status and body of each.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

func configure(certFile, keyFile, caFile, mode string) (*tls.Config, error) {
	config := &tls.Config{RootCAs: x509.NewCertPool()}
	if mode != "untrusted" {
		ca, err := os.ReadFile(caFile)
		if err != nil {
			return nil, err
		}
		config.RootCAs.AppendCertsFromPEM(ca)
	}
	switch mode {
	case "version":
		config.MinVersion, config.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	case "cipher":
		config.MaxVersion = tls.VersionTLS12
		config.CipherSuites = []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}
	}
	if certFile != "" {
		pair, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			return nil, err
		}
		// By itself Go sends no certificate whose issuer the server does not name.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return &pair, nil
		}
	}
	return config, nil
}

func call(column []string) (int, string, error) {
	config, err := configure(column[3], column[4], column[5], column[9])
	if err != nil {
		return 0, "", err
	}
	request, err := http.NewRequest(column[2], column[1], nil)
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("traceparent", column[6])
	if column[7] != "" {
		request.Header.Set("Authorization", column[7])
	}
	request.Host = column[8]
	transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true, DisableKeepAlives: true}
	client := &http.Client{Transport: transport, Timeout: 10 * time.Second}
	answer, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(body), err
}

func main() {
	lines, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	for _, line := range strings.Split(string(lines), "\n") {
		column := strings.Split(line, "\t")
		status, body, err := call(column)
		if err != nil {
			status, body = 0, strings.ReplaceAll(err.Error(), "\n", " ")
		}
		fmt.Printf("%s\t%d\t%s\n", column[0], status, body)
	}
}
