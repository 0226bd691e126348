package spapi

// Participations is getMarketplaceParticipations' answer.
type Participations struct {
	Payload []struct {
		Marketplace struct {
			ID       string `json:"id"`
			Country  string `json:"countryCode"`
			Name     string `json:"name"`
			Currency string `json:"defaultCurrencyCode"`
			Language string `json:"defaultLanguageCode"`
		} `json:"marketplace"`
		StoreName     string `json:"storeName"`
		Participation struct {
			Participating bool `json:"isParticipating"`
			Suspended     bool `json:"hasSuspendedListings"`
		} `json:"participation"`
	} `json:"payload"`
}
