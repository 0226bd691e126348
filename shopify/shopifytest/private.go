package shopifytest

// Protected customer data: everything that tells who a buyer is passes here.

// refusal is what an app that was not approved for customer data is answered.
func (x *run) refusal(typ string) *gqlError {
	return failf("ACCESS_DENIED", "This app is not approved to access the %s object. See https://shopify.dev/docs/apps/launch/protected-customer-data for more details.", typ)
}

// private is one field of personal data.
func (x *run) private(typ, value string) any {
	if x.cfg.Protected == Refused {
		return x.refusal(typ)
	}
	return x.hide(value)
}

// hide is a field of an object that was answered: null when redacted.
func (x *run) hide(value string) any {
	if x.cfg.Protected != Granted {
		return nil
	}
	return opt(value)
}

// person is an object about a person.
func (x *run) person(typ string, there bool, v any) any {
	switch {
	case x.cfg.Protected == Refused:
		return x.refusal(typ)
	case !there:
		return nil
	}
	return v
}

// mail is an address. It is answered, with its fields empty, when redacted.
func (x *run) mail(a *address) any {
	switch {
	case x.cfg.Protected == Refused:
		return x.refusal("MailingAddress")
	case a == nil:
		return nil
	}
	return a
}

func customerFields(t resolverTable) {
	typed(t, "MailingAddress", fields[*address]{
		"id":                   func(_ *run, a *address, _ args) any { return a.gid() },
		"name":                 func(x *run, a *address, _ args) any { return x.hide(a.name()) },
		"firstName":            func(x *run, a *address, _ args) any { return x.hide(a.first) },
		"lastName":             func(x *run, a *address, _ args) any { return x.hide(a.last) },
		"company":              func(x *run, a *address, _ args) any { return x.hide(a.company) },
		"address1":             func(x *run, a *address, _ args) any { return x.hide(a.line1) },
		"address2":             func(x *run, a *address, _ args) any { return x.hide(a.line2) },
		"city":                 func(x *run, a *address, _ args) any { return x.hide(a.city) },
		"zip":                  func(x *run, a *address, _ args) any { return x.hide(a.zip) },
		"phone":                func(x *run, a *address, _ args) any { return x.hide(a.phone) },
		"province":             func(_ *run, a *address, _ args) any { return opt(a.province) },
		"provinceCode":         func(_ *run, a *address, _ args) any { return opt(a.provinceCode) },
		"country":              func(_ *run, a *address, _ args) any { return opt(a.country) },
		"countryCode":          func(_ *run, a *address, _ args) any { return opt(a.code) },
		"countryCodeV2":        func(_ *run, a *address, _ args) any { return opt(a.code) },
		"latitude":             func(*run, *address, args) any { return nil },
		"longitude":            func(*run, *address, args) any { return nil },
		"timeZone":             func(*run, *address, args) any { return nil },
		"coordinatesValidated": func(*run, *address, args) any { return false },
		"formattedArea":        func(_ *run, a *address, _ args) any { return opt(a.country) },
		"formatted": func(x *run, a *address, in args) any {
			out := []string{}
			if x.cfg.Protected != Granted {
				return out
			}
			for _, l := range []struct {
				on   bool
				text string
			}{
				{in.boolean("withName"), a.name()},
				{in.boolean("withCompany"), a.company},
				{true, a.line1},
				{true, a.line2},
				{true, a.city + " " + a.provinceCode + " " + a.zip},
				{true, a.country},
			} {
				if l.on && l.text != "" {
					out = append(out, l.text)
				}
			}
			return out
		},
	})
	typed(t, "Customer", fields[*customer]{
		"id":               func(_ *run, c *customer, _ args) any { return c.gid() },
		"legacyResourceId": func(_ *run, c *customer, _ args) any { return legacy(c.id) },
		"firstName":        func(x *run, c *customer, _ args) any { return x.hide(c.first) },
		"lastName":         func(x *run, c *customer, _ args) any { return x.hide(c.last) },
		"displayName": func(x *run, c *customer, _ args) any {
			if x.cfg.Protected != Granted {
				return ""
			}
			return or(joinName(c.first, c.last), c.email)
		},
		"email": func(x *run, c *customer, _ args) any { return x.hide(c.email) },
		"phone": func(x *run, c *customer, _ args) any { return x.hide(c.phone) },
		"defaultEmailAddress": func(x *run, c *customer, _ args) any {
			if x.hide(c.email) == nil {
				return nil
			}
			return rec{"emailAddress": c.email, "validFormat": true}
		},
		"defaultPhoneNumber": func(x *run, c *customer, _ args) any {
			if x.hide(c.phone) == nil {
				return nil
			}
			return rec{"phoneNumber": c.phone}
		},
		"defaultAddress": func(*run, *customer, args) any { return nil },
		"note":           func(*run, *customer, args) any { return nil },
		"tags":           func(*run, *customer, args) any { return []string{} },
		"locale":         func(*run, *customer, args) any { return "en" },
		"state":          func(*run, *customer, args) any { return "DISABLED" },
		"taxExempt":      func(*run, *customer, args) any { return false },
		"verifiedEmail":  func(*run, *customer, args) any { return true },
		"numberOfOrders": func(_ *run, c *customer, _ args) any { return legacy(int64(c.orders)) },
		"createdAt":      func(_ *run, c *customer, _ args) any { return c.createdAt },
		"updatedAt":      func(_ *run, c *customer, _ args) any { return c.createdAt },
	})
}
