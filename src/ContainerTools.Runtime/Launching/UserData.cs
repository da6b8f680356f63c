using System.Buffers.Binary;
using System.Text;
using ContainerTools.Engine.Users;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Runtime.Launching;

/// <summary>
/// Who the command runs as. A name can be looked up only when the root file system is mounted, after the table was made: so it comes in a message whose
/// place in the table's data is known.
/// </summary>
internal sealed class UserData
{
    private const int MaximumGroups = 512, HomeSize = 4096;
    private const int CountOffset = 8, GroupsOffset = 16, HomeOffset = GroupsOffset + MaximumGroups * 4;

    private readonly int _homeOffset;

    /// <summary>Of a table that gets it in a message.</summary>
    public UserData(CallTable table) => (Offset, _homeOffset) = (table.ReserveZeros(Size), HomeOffset);

    /// <summary>Of a table that is made when it is known already.</summary>
    public UserData(CallTable table, ResolvedUser user)
    {
        _homeOffset = GroupsOffset + user.AdditionalGroups.Count * 4;
        Offset = table.Store([.. Encode(user, _homeOffset), 0]);
    }

    public static int Size => HomeOffset + HomeSize;

    public int Offset { get; }

    public CallArgument UserId => CallArgument.ContentOf(Offset);

    public CallArgument GroupId => CallArgument.ContentOf(Offset + 4);

    public CallArgument GroupCount => CallArgument.ContentOf(Offset + CountOffset);

    public CallArgument Groups => CallArgument.AddressOf(Offset + GroupsOffset);

    /// <summary>Offset of the string HOME=...</summary>
    public int Home => Offset + _homeOffset;

    /// <summary>The message, without the zeros that would be its end.</summary>
    public static byte[] Encode(ResolvedUser user) => Encode(user, HomeOffset);

    private static byte[] Encode(ResolvedUser user, int homeOffset)
    {
        var home = "HOME=" + user.Home;
        var homeLength = Encoding.UTF8.GetByteCount(home) is var length and < HomeSize ? length : 0;
        var message = new byte[homeLength > 0 ? homeOffset + homeLength : GroupsOffset + user.AdditionalGroups.Count * 4];
        BinaryPrimitives.WriteUInt32LittleEndian(message, user.UserId);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(4), user.GroupId);
        if (user.AdditionalGroups.Count > MaximumGroups)
            throw NamespacePlan.Invalid($"the user has {user.AdditionalGroups.Count} supplementary groups; {MaximumGroups} are possible");
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(CountOffset), user.AdditionalGroups.Count);
        for (var i = 0; i < user.AdditionalGroups.Count; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(GroupsOffset + i * 4), user.AdditionalGroups[i]);
        if (homeLength > 0)
            _ = Encoding.UTF8.GetBytes(home, message.AsSpan(homeOffset));
        return message;
    }
}
