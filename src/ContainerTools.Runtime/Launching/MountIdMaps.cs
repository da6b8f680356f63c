using System.Globalization;
using ContainerTools.Linux.Namespaces;

namespace ContainerTools.Runtime.Launching;

/// <summary>
/// Maps in a mount's option, as crun(1) has them: <c>uids=FROM-TO-LENGTH#...;gids=FROM-TO-LENGTH#...</c>, from the ids of the files to ids of the host, or with <c>@</c> before
/// the first range to ids of the container.
/// </summary>
internal sealed class MountIdMaps
{
    private readonly string _text;
    private List<(IdMap Map, bool Inside)> _users = [];
    private List<(IdMap Map, bool Inside)> _groups = [];

    private MountIdMaps(string text) => _text = text;

    /// <summary>Reads them.</summary>
    /// <exception cref="Engine.ContainerToolsException">SpecInvalid: they are not of that form, or lack one of both.</exception>
    public static MountIdMaps Parse(string text)
    {
        var maps = new MountIdMaps(text);
        foreach (var part in text.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.StartsWith("uids=", StringComparison.Ordinal))
                maps._users = maps.Ranges(part[5..]);
            else if (part.StartsWith("gids=", StringComparison.Ordinal))
                maps._groups = maps.Ranges(part[5..]);
            else
                throw maps.Invalid("it is not of the form uids=FROM-TO-LENGTH#...;gids=FROM-TO-LENGTH#...");
        }
        return maps._users.Count > 0 && maps._groups.Count > 0 ? maps : throw maps.Invalid("it needs both uids and gids");
    }

    /// <summary>The users' maps.</summary>
    /// <param name="container">The container's own, for those that lead to its ids; empty where it has no user namespace.</param>
    public List<IdMap> Users(IReadOnlyList<IdMap> container) => Resolve(_users, container);

    /// <summary>The groups' maps.</summary>
    /// <inheritdoc cref="Users"/>
    public List<IdMap> Groups(IReadOnlyList<IdMap> container) => Resolve(_groups, container);

    private List<IdMap> Resolve(List<(IdMap Map, bool Inside)> ranges, IReadOnlyList<IdMap> container) =>
        [.. ranges.Select(range => !range.Inside || container.Count == 0 ? range.Map
            : new IdMap(range.Map.Inside, IdMap.ToOutside(container, range.Map.Outside) ?? throw Invalid($"the container has no id {range.Map.Outside}"), range.Map.Count))];

    private List<(IdMap, bool)> Ranges(string text)
    {
        var inside = text.StartsWith('@');
        var ranges = new List<(IdMap, bool)>();
        foreach (var range in text.TrimStart('@').Split('#', StringSplitOptions.RemoveEmptyEntries))
        {
            if (range.Split('-') is not [var from, var to, var length] || !Number(from, out var first) || !Number(to, out var target) || !Number(length, out var count) || count == 0)
                throw Invalid($"'{range}' is not of the form FROM-TO-LENGTH");
            ranges.Add((new IdMap(first, target, count), inside));
        }
        return ranges;

        static bool Number(string text, out uint number) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private Engine.ContainerToolsException Invalid(string reason) => NamespacePlan.Invalid($"a mount has the option 'idmap={_text}': {reason}");
}
