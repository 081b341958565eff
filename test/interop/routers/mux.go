// Answers with the name of the handler that ServeMux chooses, on a free port that it prints.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
)

func main() {
	mux := http.NewServeMux()
	for pattern, name := range map[string]string{
		"/payments": "payments", "/payments/": "payments",
		"/payments/refunds": "refunds", "/payments/refunds/": "refunds",
	} {
		name := name
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, name) })
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	panic(http.Serve(listener, mux))
}
