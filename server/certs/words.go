package certs

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
	"unicode"

	"golang.org/x/crypto/acme"
)

var errClock = errors.New("the certificate is not of this time")

// maxPatience bounds what an authority may ask for.
const maxPatience = 24 * time.Hour

// patience is how long the authority asked to be left alone.
func patience(err error) time.Duration {
	var problem *acme.Error
	if !errors.As(err, &problem) {
		return 0
	}
	d, _ := acme.RateLimit(problem)
	return min(max(d, 0), maxPatience)
}

// notFound is for when something else answers. Some authorities say the same when nothing does.
const notFound = "The authority did not find this server on port 443 of the domain. Have the router or firewall pass TCP 443 on to the port that this server listens on, " +
	"without a proxy in between that ends TLS, and see that the domain has this server's address, in the AAAA record too."

// meanings tells the authority's kinds of problems (RFC 8555, section 6.7).
var meanings = map[string]string{
	"connection":              "The authority could not connect to port 443 of the domain. Have the router or firewall pass TCP 443 on to the port that this server listens on.",
	"dns":                     "The authority could not find the domain's address. Give the domain an A or AAAA record with this server's public address.",
	"tls":                     notFound,
	"unauthorized":            notFound,
	"incorrectResponse":       notFound,
	"caa":                     "The domain's CAA record forbids this authority. Add the authority to it, or use another one by --acme-directory.",
	"rateLimited":             "The authority has issued too many certificates, or seen too many failures, for this domain. It is asked again later.",
	"rejectedIdentifier":      "The authority issues no certificates for this domain. See that it is spelled rightly and is a name of the public world.",
	"unsupportedContact":      "The authority does not take the address of --acme-email. Correct it, or leave it out.",
	"invalidContact":          "The authority does not take the address of --acme-email. Correct it, or leave it out.",
	"userActionRequired":      "The authority wants somebody to agree to new terms. What it said tells where.",
	"externalAccountRequired": "The authority issues only to accounts made elsewhere, which this server can't use. Use another one by --acme-directory.",
	"serverInternal":          "The authority has trouble of its own. It is asked again later.",
}

// explain says what a failure means and what to do. It holds no addresses: it is logged.
func explain(err error, now time.Time) string {
	for _, problem := range problems(err) {
		if m := meanings[kind(problem)]; m != "" {
			return m
		}
	}
	var (
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
		name    *net.DNSError
		network *net.OpError
		refused *acme.Error
	)
	switch {
	case errors.Is(err, errClock):
		return fmt.Sprintf("The authority's certificate is not good at this machine's time, %s. Set the clock.", now.UTC().Format("2 January 2006 15:04 UTC"))
	case errors.Is(err, errNoTLSChallenge):
		return "The authority has no way of looking at port 443 (tls-alpn-01). Use another one by --acme-directory."
	case errors.Is(err, errOther):
		return "The authority has sent a certificate that was not ordered. Use another one by --acme-directory."
	case errors.As(err, &unknown):
		return "The authority's own certificate is of nobody whom this machine trusts. Correct --acme-directory, or give its root by --acme-ca."
	case errors.As(err, &invalid):
		return fmt.Sprintf("The authority's own certificate is not good at this machine's time, %s. Set the clock.", now.UTC().Format("2 January 2006 15:04 UTC"))
	case errors.As(err, &name):
		return "The authority's name can't be resolved. See that this machine has a name server and --acme-directory is right."
	case errors.As(err, &network):
		return "The authority can't be reached. See that this machine may connect to the internet by https and --acme-directory is right."
	case errors.Is(err, context.DeadlineExceeded):
		return "The authority did not answer in time. It is asked again later."
	case errors.As(err, &refused):
		return "The authority refused. What it said tells why."
	}
	return "The authority's answer was not understood. See that --acme-directory is the address of an ACME directory."
}

// problems lists what the authority has said to an error, the most telling first.
func problems(err error) (list []*acme.Error) {
	var (
		authorization *acme.AuthorizationError
		order         *acme.OrderError
		problem       *acme.Error
	)
	if errors.As(err, &authorization) {
		for _, e := range authorization.Errors {
			list = append(list, problems(e)...)
		}
	}
	if errors.As(err, &order) && order.Problem != nil {
		list = append(list, order.Problem)
	}
	if errors.As(err, &problem) {
		list = append(list, problem)
	}
	return list
}

func kind(p *acme.Error) string { return p.ProblemType[strings.LastIndexByte(p.ProblemType, ':')+1:] }

// detail is what the authority said, or what went wrong before it could.
func detail(err error) string {
	if list := problems(err); len(list) > 0 {
		return clean(list[0].Detail)
	}
	return clean(err.Error())
}

// maxDetail is how much of what others wrote is shown, in characters.
const maxDetail = 300

// clean makes a text of somebody else's fit to be shown in a terminal.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	if r := []rune(s); len(r) > maxDetail {
		s = string(r[:maxDetail])
	}
	return strings.TrimSpace(s)
}
