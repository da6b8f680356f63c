namespace ContainerTools.Engine.Layers;

/// <summary>The files of a layer that is not yet part of the store.</summary>
internal interface IStagedContents : IDisposable
{
    /// <summary>Bytes in regular files.</summary>
    long Size { get; }

    /// <summary>How many entries the layer's tar has.</summary>
    long EntryCount { get; }

    /// <summary>Whether what is below has a part in how the layer looks on disk.</summary>
    bool LeansOnParents { get; }

    /// <summary>Whether the tar has an entry for the root directory.</summary>
    bool DescribesRoot { get; }

    /// <summary>Whether the root directory is as one that nobody has described: root's, mode 0755, without attributes.</summary>
    bool HasPlainRoot();

    /// <summary>Does what depends on the layers below.</summary>
    /// <param name="layers">Their directories, the topmost first.</param>
    void FinishOn(IEnumerable<string> layers);
}
