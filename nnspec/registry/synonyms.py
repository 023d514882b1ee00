"""What other tools call the things that specs name; each word in small letters without dashes.

A word may stand for several of ours, in different places: ``linear`` is ``dense`` among the layers and
``identity`` among the activations.
"""

OURS = {
    # layers and activations
    "dense": "linear fc fullyconnected affine innerproduct",
    "identity": "linear",
    "conv1d": "convolution1d",
    "conv2d": "conv convolution convolution2d",
    "conv2dtranspose": "convtranspose2d deconv deconv2d deconvolution",
    "maxpool2d": "pool pool2d pooling maxpooling",
    "avgpool2d": "averagepool averagepooling averagepool2d averagepooling2d meanpool2d",
    "globalavgpool": "gap globalaveragepooling2d globalaveragepooling1d adaptiveavgpool2d",
    "upsample2d": "upsample upsampling2d",
    "batchnorm": "bn batchnormalization batchnorm1d batchnorm2d",
    "layernorm": "ln layernormalization",
    "gaussiannoise": "noise",
    "residual": "skip skipconnection resblock residualblock",
    "parallel": "branches concat concatenate inception",
    "repeat": "repeated times",
    "tied": "shared sharedweights",
    "sigmoid": "logistic",
    "silu": "swish",
    # costs and metrics
    "crossentropy": "nll nllloss logloss softmaxcrossentropy sparsecategoricalcrossentropy",
    "binarycrossentropy": "bce bceloss bcewithlogitsloss",
    "quadratic": "mse mseloss l2loss meansquarederror squarederror",
    "meanabsolute": "mae l1loss meanabsoluteerror",
    "huber": "smoothl1 smoothl1loss",
    "kldivergence": "kl kld kldiv kldivloss",
    "accuracy": "acc",
    "auc": "rocauc rocaucscore",
    "f1": "f1score fscore fmeasure",
    "mae": "meanabsoluteerror",
    "r2": "r2score",
    "rmse": "mse meansquarederror rootmeansquarederror",
    "confusion": "confusionmatrix",
    # optimizers, schedules, initializers, regularizers
    "sgd": "gd gradientdescent",
    "cosine": "cosineannealing cosineannealinglr cosinedecay",
    "exponential": "exponentiallr exponentialdecay",
    "step": "steplr multisteplr",
    "glorot": "xavier xavieruniform xaviernormal glorotuniform glorotnormal",
    "he": "kaiming kaiminguniform kaimingnormal heuniform henormal",
    "normal": "gaussian randn randomnormal",
    "uniform": "rand randomuniform",
    "l2": "weightdecay ridge",
    "l1": "lasso",
    # sections
    "cost": "loss lossfunction criterion objective",
    "layers": "model network net architecture stack",
    "dataset": "data datasets",
    "input": "inputshape inputsize inputdim",
    "transforms": "preprocess preprocessing",
    "optimizer": "optim solver",
    "schedule": "scheduler lrschedule lrscheduler",
    "train": "training trainer fit",
    "regularizer": "regularization weightdecay",
    "metrics": "metric",
    "seed": "randomseed randomstate",
    "precision": "dtype",
    "expect": "expectation expectations assert asserts thresholds",
    "name": "title",
    "nnspec": "version",
    "extends": "base inherit inherits inheritsfrom include includes defaults",
    # options
    "units": "outfeatures outputs neurons nodes hiddensize",
    "bias": "usebias",
    "weights": "kernelinitializer weightinitializer weightinit init initializer",
    "biases": "biasinitializer biasinit",
    "filters": "outchannels",
    "kernel": "kernelsize",
    "size": "poolsize kernelsize kernel",
    "rate": "p prob probability",
    "slope": "alpha negativeslope",
    "learningrate": "lr eta stepsize",
    "epsilon": "eps",
    "strength": "lambda",
    "epochs": "nepochs numepochs maxepochs iterations",
    "batchsize": "batch minibatch minibatchsize",
    "path": "file filename filepath",
    "delimiter": "sep separator",
    # results and bounds
    "validation": "val valid dev",
    "min": "minimum atleast",
    "max": "maximum atmost",
}
"""Our names, and what else they go by."""

SYNONYMS: dict[str, list[str]] = {}
for _ours, _others in OURS.items():
    for _other in _others.split():
        SYNONYMS.setdefault(_other, []).append(_ours)
