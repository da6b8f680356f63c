using System.Globalization;
using System.Text;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Rootless;
using ContainerTools.Linux.Namespaces;
using ContainerTools.Linux.Trees;

namespace ContainerTools.Engine.Layers;

/// <summary>
/// The owners that a layer's files need on disk for a container whose ids no mount can map. What an image has as user 5 lies on disk as the id that is 5 in the container.
/// </summary>
public sealed class LayerOwners
{
    private readonly IdMap[] _users;
    private readonly IdMap[] _groups;

    private LayerOwners(IEnumerable<IdMap> users, IEnumerable<IdMap> groups) => (_users, _groups) = ([.. users], [.. groups]);

    /// <summary>The owners for a container's ids; null if it uses the layers as they are.</summary>
    /// <param name="range">The ids.</param>
    public static LayerOwners? Of(IdRange? range) =>
        range is { ChangesOwners: true } ? new LayerOwners(range.Users.Select(ToMap), range.Groups.Select(ToMap)) : null;

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    /// <exception cref="FormatException">It is nothing of the kind.</exception>
    public static LayerOwners Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] maps = text.Split(';');
        return new LayerOwners(Read(maps[0]), Read(maps[^1]));

        static IEnumerable<IdMap> Read(string map) => map.Split(',').Select(static part =>
            part.Split(':').Select(static n => uint.Parse(n, NumberStyles.None, CultureInfo.InvariantCulture)).ToArray() is [var inside, var outside, var count]
                ? new IdMap(inside, outside, count)
                : throw new FormatException($"'{part}' is not INSIDE:OUTSIDE:COUNT."));
    }

    /// <summary>The key of a layer's copy with these owners: 64 hexadecimal digits, as every layer's.</summary>
    /// <param name="layer">The layer's key.</param>
    public string KeyFor(string layer) => Convert.ToHexStringLower(SmallSha256.Hash(Encoding.ASCII.GetBytes($"{layer} {this}")));

    /// <summary>INSIDE:OUTSIDE:COUNT[,...] for users and, behind a semicolon, for groups; OUTSIDE is an id on disk as the user's namespace has it.</summary>
    public override string ToString() => $"{Write(_users)};{Write(_groups)}";

    /// <summary>
    /// The change for a copy. What belongs to an id that the container does not have gets one that it does not have either, and looks like nobody's in it, as in a mount with mapped ids.
    /// </summary>
    internal OwnerChange ToChange()
    {
        uint? nobody = Unused(_users, UserSession.Users), nogroup = Unused(_groups, UserSession.Groups);
        return new OwnerChange(id => IdMap.ToOutside(_users, id) ?? nobody ?? throw NotMapped("user", id), id => IdMap.ToOutside(_groups, id) ?? nogroup ?? throw NotMapped("group", id));
    }

    private static ContainerToolsException NotMapped(string kind, uint id) => new("LayerIdNotMapped", ErrorKind.InvalidArgument,
        string.Create(CultureInfo.InvariantCulture, $"A layer of the image has files of the {kind} {id}, which the container's user namespace does not have, and it takes up all of the user's ids, so that none can stand for it. Give -UserNamespace a map that has the {kind} {id} or leaves one of the ids out."), id);

    private static uint? Unused(IdMap[] maps, IReadOnlyList<IdMap> all)
    {
        foreach (var map in all)
        {
            for (uint id = map.Inside; id - map.Inside < map.Count;)
            {
                var taken = Array.Find(maps, m => id >= m.Outside && id - m.Outside < m.Count);
                if (taken.Count == 0)
                    return id;
                id = taken.Outside + taken.Count;
            }
        }
        return null;
    }

    private static IdMap ToMap(IdExtent extent) => new(extent.Inside, extent.Outside, extent.Count);

    private static string Write(IdMap[] maps) => string.Join(',', maps.Select(static m => string.Create(CultureInfo.InvariantCulture, $"{m.Inside}:{m.Outside}:{m.Count}")));
}
