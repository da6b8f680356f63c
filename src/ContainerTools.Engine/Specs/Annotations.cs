namespace ContainerTools.Engine.Specs;

/// <summary>Annotations of config.json by which this product tells its own runtime what the runtime-spec has no word for.</summary>
public static class Annotations
{
    /// <summary>What all of them begin with.</summary>
    public const string Prefix = "containertools.";

    /// <summary>The read-only layers: absolute directories, the top one first, one a line.</summary>
    public const string Layers = "containertools.layers";

    /// <summary>Overlay's upper directory: absolute, in the container's directory.</summary>
    public const string Upper = "containertools.upper";

    /// <summary>Overlay's work directory: absolute, on the same file system as the upper one.</summary>
    public const string Work = "containertools.work";

    /// <summary><c>true</c>: the writable layer need not survive a crash of the host.</summary>
    public const string Volatile = "containertools.volatile";

    /// <summary>
    /// The user as the image or the caller wrote it (<c>name</c>, <c>name:group</c>, <c>1000</c>, <c>1000:1000</c>, <c>name:100</c>), still to be
    /// looked up in the mounted root's /etc/passwd and /etc/group.
    /// </summary>
    public const string User = "containertools.user";

    /// <summary>Groups to add, one a line, names or numbers, still to be looked up in the mounted root's /etc/group.</summary>
    public const string Groups = "containertools.groups";

    /// <summary><c>true</c>: layers and writable layer are mounted with the container's id map, files on disk keep plain ids.</summary>
    public const string IdMapped = "containertools.idmapped";

    /// <summary>Whose namespaces the document joins: type and the container's id, with a blank between, one a line.</summary>
    public const string Joined = "containertools.joined";

    /// <summary><c>true</c>: the command is this product's own init, which lets signals come itself, when it is ready for them.</summary>
    public const string Init = "containertools.init";

    /// <summary>
    /// <c>default</c>: filter system calls by the built-in list, as it applies to the bounding set in the document. It spares the runtime reading some
    /// 400 names at every start; a document meant for another runtime has the list itself under <c>linux.seccomp</c> instead.
    /// </summary>
    public const string Seccomp = "containertools.seccomp";
}
