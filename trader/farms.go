package trader

import (
	"strings"
	"time"

	"ibsoak/trader/broker"
)

// farmMemory is how long a broken farm counts. A Gateway repeats it while it lasts, and not every one
// says when it is over; the age of the bars decides in any case.
const farmMemory = 10 * time.Minute

// farmRegions are the first letters of a farm's name, by the time zones of the contracts that it serves:
// ushmds, usfarm.nj, euhmds, eufarm, hkhmds, jfarm. Farms of other names, such as cashhmds and fundfarm,
// serve no stocks.
var farmRegions = []struct {
	farm  string
	zones []string // prefixes
}{
	{"us", []string{"US/", "America/", "Canada/", "EST", "CST", "PST"}},
	{"ca", []string{"Canada/", "America/Toronto"}},
	{"eu", []string{"Europe/", "GB", "MET", "CET", "Israel", "Africa/"}},
	{"hk", []string{"Asia/", "Hongkong", "Australia/", "Singapore"}},
	{"j", []string{"Japan", "Asia/Tokyo"}},
	{"au", []string{"Australia/"}},
}

// serves says whether a farm may be the one of a contract in that zone.
func serves(farm, zone string) bool {
	for _, r := range farmRegions {
		if !strings.HasPrefix(strings.ToLower(farm), r.farm) {
			continue
		}
		for _, prefix := range r.zones {
			if strings.HasPrefix(zone, prefix) {
				return true
			}
		}
	}
	return false
}

// dataFarm notes historical data farms: the trader decides on historical bars alone.
func (s *session) dataFarm(f broker.DataFarm) {
	if f.Kind != "historical data" {
		return
	}
	s.mu.Lock()
	_, was := s.farms[f.Name]
	delete(s.farms, f.Name)
	if f.Broken {
		s.farms[f.Name] = s.e.now()
	}
	s.mu.Unlock()
	if was != f.Broken {
		s.log.Warn("historical data farm", "farm", f.Name, "broken", f.Broken)
	}
}

// brokenFarm names a broken historical data farm that may be the contract's, or "".
func (s *session) brokenFarm(i instrument) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, since := range s.farms {
		if serves(name, i.details.TimeZone) && s.e.since(since) < farmMemory {
			return name
		}
	}
	return ""
}
