namespace ContainerTools.Engine.Containers;

/// <summary>Names for containers that were given none: an adjective and a thing found out of doors.</summary>
internal static class RandomNames
{
    private static readonly string[] s_adjectives =
    [
        "amber", "ample", "apt", "balmy", "blithe", "bold", "brave", "breezy", "bright", "brisk", "calm", "candid", "cheery", "civil", "clear", "clever",
        "cosy", "crisp", "curious", "dapper", "daring", "deft", "dewy", "eager", "early", "earnest", "easy", "fair", "fleet", "fond", "frank", "fresh",
        "frosty", "gentle", "gilded", "glad", "golden", "grand", "handy", "hardy", "hazy", "hearty", "humble", "jaunty", "jolly", "keen", "kind", "lively",
        "lofty", "loyal", "lucid", "lucky", "mellow", "merry", "mild", "misty", "modest", "neat", "nimble", "noble", "patient", "placid", "plucky", "polite",
        "prompt", "proud", "quick", "quiet", "rapid", "ready", "rosy", "rustic", "silent", "silver", "sleek", "snug", "sober", "spry", "stable", "steady",
        "sturdy", "sunny", "swift", "tame", "tidy", "tranquil", "trusty", "upbeat", "valiant", "vivid", "warm", "wily", "wise", "witty", "young", "zesty",
    ];

    private static readonly string[] s_nouns =
    [
        "acorn", "alder", "aspen", "badger", "beach", "birch", "bison", "bluff", "boulder", "bramble", "brook", "canyon", "cedar", "cliff", "clover", "comet",
        "coral", "cove", "crane", "creek", "cypress", "delta", "dune", "eagle", "elm", "ember", "falcon", "fern", "finch", "fjord", "forest", "fox",
        "geyser", "glacier", "glade", "gorge", "grove", "gull", "harbor", "hazel", "heath", "heron", "hill", "inlet", "iris", "island", "ivy", "juniper",
        "kestrel", "lagoon", "lake", "larch", "lark", "lichen", "lynx", "maple", "marsh", "marten", "meadow", "mesa", "moor", "moss", "oak", "ocean",
        "orchid", "otter", "owl", "pebble", "pine", "plain", "plover", "pond", "poplar", "prairie", "quartz", "rapids", "raven", "reed", "reef", "ridge",
        "river", "robin", "rowan", "sage", "shore", "slate", "sparrow", "spring", "spruce", "stork", "summit", "swan", "thicket", "thistle", "thrush", "tundra",
        "valley", "violet", "walnut", "willow", "wren", "yarrow",
    ];

    /// <summary>A name that is not among those in use.</summary>
    public static string Next(IReadOnlySet<string> taken)
    {
        for (int attempt = 0; ; attempt++)
        {
            string name = $"{s_adjectives[Random.Shared.Next(s_adjectives.Length)]}_{s_nouns[Random.Shared.Next(s_nouns.Length)]}";
            // With thousands of containers the pairs run short.
            if (attempt >= 8)
                name += Random.Shared.Next(1, 1_000_000).ToString(System.Globalization.CultureInfo.InvariantCulture);
            if (!taken.Contains(name))
                return name;
        }
    }
}
