package certs_test

import (
	"math"
	"slices"
	"strings"

	"signet/certs"
	"signet/certs/certstest"
)

func grantBody(g *certs.Grant) body {
	b := body{
		0: uintOf(1), 1: bstr(g.Device[:]), 2: bstr(g.Owner[:]), 3: uintOf(g.Epoch), 4: bstr(g.OfferHash[:]),
		5: bstr(g.Event.Raw), 6: bstr(g.Root), 7: bstr(g.RawPolicy),
	}
	if g.Renews != nil {
		b[8] = bstr(g.Renews[:])
	}
	return b
}

func (s *scene) badGrants() {
	c := s.cam
	p := s.ofOwnerKey("grant", "signet/v1 grant", grantBody(s.claimed))
	p.ownersForm(0, 1, 2, 3, 4, 5, 6, 7)
	p.bad("signed as a policy", "signed for another purpose", func(m *message, _ body) { m.aad = "signet/v1 policy" })
	p.bad("with x5t beside kid", "a grant names its key by key id alone", func(m *message, _ body) {
		m.protected = pairs(uintOf(1), intOf(es256), uintOf(4), bstr(s.owner.ID[:]), uintOf(34), list(intOf(-16), bstr(c.Cert.X5T[:])))
	})
	p.bad("with a certificate beside kid", "a grant names its key by key id alone", func(m *message, _ body) {
		m.protected = pairs(uintOf(1), intOf(es256), uintOf(4), bstr(s.owner.ID[:]), uintOf(33), bstr(s.owner.Root))
	})
	p.bad("with kid of 31 bytes", "a key id has 32 bytes", func(m *message, _ body) {
		m.protected = pairs(uintOf(1), intOf(es256), uintOf(4), bstr(s.owner.ID[:31]))
	})
	s.ofOwner("grant", "of another owner's camera", "is of another owner", s.foreign.Grant.Raw)
	p.set("for another device", "the parts are of different devices", 1, bstr(s.sibling.ID[:]))
	p.set("for another epoch", "the parts are of different epochs", 3, uintOf(7))
	p.set("with another offer", "the policy answers another offer", 4, bstr(make([]byte, 32)))
	p.set("with a sibling's event certificate", "the parts are of different devices", 5, bstr(s.sibling.Cert.Raw))
	p.set("with the event certificate of the epoch before", "the parts are of different epochs", 5, bstr(s.before.Raw))
	p.set("with another owner's event certificate", "not signed by the owner", 5, bstr(s.foreign.Cert.Raw))
	p.set("with another owner's root", "the root's key is not the owner's", 6, bstr(s.other.Root))
	p.set("with a sibling's policy", "the parts are of different devices", 7, bstr(s.sibling.Grant.RawPolicy))
	p.set("with another owner's policy", "the policy is not the owner's", 7, bstr(s.foreign.Grant.RawPolicy))

	r := s.ofOwnerKey("grant", "signet/v1 grant", grantBody(c.Grant)) // the camera's key was renewed
	r.bad("of a renewal that does not say so", "the policy answers another offer", func(_ *message, b body) { delete(b, 8) })
	r.set("of a renewal of another epoch", "the policy names the offer that began the epoch", 8, bstr(make([]byte, 32)))
	r.set("of a renewal of itself", "an offer does not renew itself", 8, bstr(c.Grant.OfferHash[:]))
	r.set("of a renewal of nothing", "a SHA-256 has 32 bytes", 8, bstr(nil))
	r.set("of a renewal of null", "null stands nowhere", 8, []byte{0xf6})
	p.set("of a claim that says it is a renewal of itself", "an offer does not renew itself", 8, bstr(s.claimed.OfferHash[:]))
}

func (s *scene) badPolicies() {
	t := s.t
	g := s.claimed.Policy
	recipient := tstr(s.owner.Recipient)
	hybrid := tstr(ok(s.other.Hybrid())(t).Recipient().String())
	viewer := func(change body) []byte {
		b := body{1: bstr(s.viewer.SPKI), 2: uintOf(3), 3: uintOf(1), 4: tstr(s.viewer.Recipient), 5: uintOf(1)}
		for k, v := range change {
			if b[k] = v; v == nil {
				delete(b, k)
			}
		}
		return b.encode()
	}
	p := s.ofOwnerKey("policy", "signet/v1 policy", body{
		0: uintOf(1), 1: bstr(g.Device[:]), 2: bstr(g.Owner[:]), 3: uintOf(g.Epoch), 4: bstr(g.OfferHash[:]), 5: uintOf(2),
		6: list(recipient), 7: list(viewer(nil)),
	})
	p.ownersForm(0, 1, 2, 3, 4, 5, 6)
	p.bad("signed as a grant", "signed for another purpose", func(m *message, _ body) { m.aad = "signet/v1 grant" })
	p.bad("signed as a release", "signed for another purpose", func(m *message, _ body) { m.aad = "signet/v1 release" })
	p.set("of version 0", "versions count from 1", 5, uintOf(0))
	p.set("without recipients", "a policy has 1 to 16 recipients", 6, list())
	p.set("with 17 recipients", "a policy has 1 to 16 recipients", 6, list(slices.Repeat([][]byte{recipient}, 17)...))
	p.set("with an empty recipient", "that is no age recipient", 6, list(tstr("")))
	p.set("with two recipients in one text", "that is no age recipient", 6, list(tstr(s.owner.Recipient+"\n"+s.other.Recipient)))
	p.set("with a space after the recipient", "that is no age recipient", 6, list(tstr(s.owner.Recipient+" ")))
	p.set("with a recipient in capitals", "recipients are written in lower case", 6, list(tstr(strings.ToUpper(s.owner.Recipient))))
	p.set("with an identity as recipient", "that is no age recipient", 6, list(tstr(s.other.Identity.String())))
	p.set("with recipients of two kinds", "age does not mix post-quantum and other recipients", 6, list(recipient, hybrid))
	p.set("with a viewer's recipient of another kind", "age does not mix post-quantum and other recipients", 7, list(viewer(body{4: hybrid})))
	p.bad("with 17 recipients, one of them a viewer's", "a policy has 1 to 16 recipients, the viewers' included", func(_ *message, b body) {
		b[6] = list(slices.Repeat([][]byte{recipient}, 16)...)
	})

	one := func(name, why string, change body) {
		t.Helper()
		p.set("with a viewer "+name, why, 7, list(viewer(change)))
	}
	p.set("with no viewers, said so", "a list of viewers is left out or not empty", 7, list())
	one("of scope 0", "scopes are clips and live", body{2: uintOf(0), 4: nil})
	one("of scope 4", "scopes are clips and live", body{2: uintOf(4), 4: nil})
	one("of scope 5", "scopes are clips and live", body{2: uintOf(5)})
	one("beyond 9999", "times end with the year 9999", body{3: uintOf(math.MaxUint64)})
	one("without key", "that is no public key", body{1: bstr(nil)})
	one("of clips without recipient", "a viewer of clips has a recipient", body{4: nil})
	one("of clips with an empty recipient", "a viewer of clips has a recipient", body{4: tstr("")})
	one("of clips with a recipient that is none", "that is no age recipient", body{4: tstr("age1")})
	one("of live alone with a recipient", "a recipient belongs to the scope clips", body{2: uintOf(2)})
	one("without since", "since is missing", body{5: nil})
	one("since version 0", "versions count from 1", body{5: uintOf(0)})
	one("since a version to come", "since is not after the version itself", body{5: uintOf(3)})
	one("with an unknown key", "a decoder refuses unknown keys", body{6: uintOf(1)})
	p.set("with a viewer twice", "a viewer's key stands once", 7, list(viewer(nil), viewer(body{2: uintOf(2), 4: nil})))
	many := make([][]byte, 17)
	for i := range many {
		many[i] = viewer(body{1: bstr(certstest.NewViewer(t).SPKI), 2: uintOf(2), 4: nil})
	}
	p.set("with 17 viewers", "a policy has at most 16 viewers", 7, list(many...))

	p.set("with empty settings", "settings are left out or not empty", 8, bstr(nil))
	p.set("with settings null", "null stands nowhere", 8, []byte{0xf6})
	p.set("with settings of 16385 bytes", "settings have at most 16384 bytes", 8, bstr(make([]byte, 16385)))
	p.set("of 0 renewals, said so", "renewals are left out or not 0", 9, uintOf(0))
	p.set("of 65536 renewals", "renewals are at most 65535", 9, uintOf(65536))
}
