package shopifytest

import (
	"net"
	"net/url"
	"slices"
	"strings"
)

func lower(s string) string { return strings.ToLower(s) }

func optLower(s string) any { return opt(lower(s)) }

func hookFields(t resolverTable) {
	typed(t, "WebhookSubscription", fields[*subscription]{
		"id":                  func(_ *run, s *subscription, _ args) any { return s.gid() },
		"legacyResourceId":    func(_ *run, s *subscription, _ args) any { return legacy(s.id) },
		"topic":               func(_ *run, s *subscription, _ args) any { return s.topic },
		"uri":                 func(_ *run, s *subscription, _ args) any { return s.uri },
		"callbackUrl":         func(_ *run, s *subscription, _ args) any { return s.uri },
		"format":              func(_ *run, s *subscription, _ args) any { return s.format },
		"includeFields":       func(_ *run, s *subscription, _ args) any { return strs(s.fields) },
		"metafieldNamespaces": func(_ *run, s *subscription, _ args) any { return strs(s.namespaces) },
		"metafields":          func(*run, *subscription, args) any { return []rec{} },
		"filter":              func(_ *run, s *subscription, _ args) any { return opt(s.filter) },
		"name":                func(_ *run, s *subscription, _ args) any { return opt(s.name) },
		"createdAt":           func(_ *run, s *subscription, _ args) any { return s.createdAt },
		"updatedAt":           func(_ *run, s *subscription, _ args) any { return s.updatedAt },
		"apiVersion": func(*run, *subscription, args) any {
			return rec{"handle": Version, "displayName": Version, "supported": true}
		},
	})
}

func (x *run) subscriptionsPage(a args) any {
	subs := slices.DeleteFunc(slices.Clone(x.hooks.subs), func(s *subscription) bool {
		uri := or(a.str("uri"), a.str("callbackUrl"))
		return a.has("topics") && len(a.list("topics")) > 0 && !slices.Contains(a.strings("topics"), s.topic) ||
			uri != "" && s.uri != uri || a.str("format") != "" && s.format != a.str("format")
	})
	return paged(x, subs, a, "webhooks", func(s *subscription) int64 { return s.id })
}

func hookMutations(m map[string]resolver) {
	m["webhookSubscriptionCreate"] = mutation(func(x *run, a args) any {
		s := &subscription{topic: a.str("topic"), format: "JSON"}
		if errs := x.configureSub(s, a.object("webhookSubscription")); errs != nil {
			return rec{"webhookSubscription": nil, "userErrors": errs}
		}
		s.id, s.createdAt, s.updatedAt = x.ids.next(), x.now(), x.now()
		x.hooks.subs = append(x.hooks.subs, register(x.Fake, s))
		return rec{"webhookSubscription": s, "userErrors": []rec{}}
	})
	m["webhookSubscriptionUpdate"] = mutation(func(x *run, a args) any {
		s, ok := find[*subscription](x.Fake, a.str("id"))
		if !ok {
			return rec{"webhookSubscription": nil, "userErrors": []rec{userError("", "Webhook subscription does not exist", "id")}}
		}
		next := *s
		if errs := x.configureSub(&next, a.object("webhookSubscription")); errs != nil {
			return rec{"webhookSubscription": nil, "userErrors": errs}
		}
		next.updatedAt = x.now()
		*s = next
		return rec{"webhookSubscription": s, "userErrors": []rec{}}
	})
	m["webhookSubscriptionDelete"] = mutation(func(x *run, a args) any {
		s, ok := find[*subscription](x.Fake, a.str("id"))
		if !ok {
			return rec{"deletedWebhookSubscriptionId": nil, "userErrors": []rec{userError("", "Webhook subscription does not exist", "id")}}
		}
		x.removeSub(s)
		return rec{"deletedWebhookSubscriptionId": a.str("id"), "userErrors": []rec{}}
	})
}

// configureSub applies input to a subscription. Errors about the address name
// the old field callbackUrl, as the real ones do.
func (x *run) configureSub(s *subscription, in args) []rec {
	if in.has("uri") || in.has("callbackUrl") || s.id == 0 {
		s.uri = or(in.str("uri"), in.str("callbackUrl"))
		if text := x.badAddress(s); text != "" {
			return []rec{userError("", text, "webhookSubscription", "callbackUrl")}
		}
	}
	if in.has("name") {
		s.name = in.str("name")
		for _, o := range x.hooks.subs {
			if s.name != "" && o.id != s.id && o.name == s.name {
				return []rec{userError("", "Name already exists, no duplicate allowed", "webhookSubscription", "name")}
			}
		}
	}
	if f := in.str("format"); f != "" {
		s.format = f
	}
	if in.has("includeFields") {
		s.fields = in.strings("includeFields")
	}
	if in.has("metafieldNamespaces") {
		s.namespaces = in.strings("metafieldNamespaces")
	}
	if in.has("filter") {
		s.filter = in.str("filter")
	}
	return nil
}

func (x *run) badAddress(s *subscription) string {
	if strings.TrimSpace(s.uri) == "" {
		return "Address can't be blank"
	}
	for _, o := range x.hooks.subs {
		if o.id != s.id && o.topic == s.topic && o.uri == s.uri {
			return "Address for this topic has already been taken"
		}
	}
	if strings.HasPrefix(s.uri, "pubsub://") || strings.HasPrefix(s.uri, "arn:aws:events:") {
		return ""
	}
	u, err := url.Parse(s.uri)
	switch {
	case err != nil || u.Host == "":
		return "Address is invalid"
	case x.cfg.InsecureHooks:
		return ""
	case u.Scheme != "https":
		return "Address protocol " + u.Scheme + ":// is not supported"
	}
	h := strings.ToLower(u.Hostname())
	ip := net.ParseIP(h)
	if h == "localhost" || ip != nil && (ip.IsLoopback() || ip.IsPrivate()) ||
		strings.HasSuffix(h, ".myshopify.com") || h == "shopify.com" || strings.HasSuffix(h, ".shopify.com") {
		return "Address cannot be a Shopify or an internal domain"
	}
	return ""
}
