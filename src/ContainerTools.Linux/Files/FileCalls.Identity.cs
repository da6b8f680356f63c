namespace ContainerTools.Linux.Files;

/// <content>Whose files this process makes.</content>
public static unsafe partial class FileCalls
{
    /// <summary>geteuid(2): the owner of files that this process makes.</summary>
    public static uint EffectiveUserId => Libc.geteuid();

    /// <summary>getegid(2): the group of files that this process makes, outside directories with set-group-id.</summary>
    public static uint EffectiveGroupId => Libc.getegid();
}
